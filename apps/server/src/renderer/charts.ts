import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RenderError, TerminalError } from '@lockstep/core';
import { FAILSAFE_SCHEMA, load } from 'js-yaml';
import { LRUCache } from 'lru-cache';
import semver from 'semver';
import { extract } from 'tar';
import { Agent, request } from 'undici';
import { authorizationHeader, type RepositoryCredentials } from '../git/credentials.ts';
import type { WorkDirectory } from './work-directory.ts';

export interface ChartRef {
  /** Of the Helm repository, or `host/path` (with or without `oci://`) of a registry. */
  url: string;
  chart: string;
  version: string;
}

interface ChartEntry {
  version: string;
  urls?: string[];
  digest?: string;
  description?: string;
  home?: string;
  maintainers?: { name?: string; email?: string }[];
}

const MAX_INDEX = 256 * 1024 * 1024;
const MAX_CHART = 64 * 1024 * 1024;
const MAX_UNPACKED = 256 * 1024 * 1024;
const MAX_VALUES = 5 * 1024 * 1024;
const INDEX_LIFETIME_MS = 3 * 60_000;
const CHART_NAME = /^[a-zA-Z0-9]([-a-zA-Z0-9._/]*[a-zA-Z0-9])?$/;

/** Helm repositories (an index over HTTP) and registries (OCI): versions, and charts unpacked once per version. */
export class Charts {
  readonly #cacheDirectory: string;
  readonly #indexes = new LRUCache<string, Promise<Map<string, ChartEntry[]>>>({ max: 32, ttl: INDEX_LIFETIME_MS });

  constructor(options: { cacheDirectory: string }) {
    this.#cacheDirectory = options.cacheDirectory;
  }

  /** The newest version a constraint allows; an exact version is taken as it is. Throws when there is none. */
  async resolve(ref: ChartRef, credentials: RepositoryCredentials): Promise<string> {
    checkChartName(ref.chart);
    if (semver.valid(ref.version) !== null && !/[*xX^~<>=|\s]/.test(ref.version)) return ref.version;
    const versions = isOci(ref, credentials)
      ? await registryTags(ref, credentials)
      : (await this.#entries(ref, credentials)).map(({ version }) => version);
    const wanted = ref.version === '' ? '*' : ref.version;
    const best = semver.maxSatisfying(versions, wanted, { loose: true, includePrerelease: /-/.test(wanted) });
    if (best === null) {
      throw new TerminalError(
        'ChartVersionUnknown',
        `no version of chart ${ref.chart} in ${ref.url} matches "${wanted}"`,
        { fix: 'Correct targetRevision' },
      );
    }
    return best;
  }

  /** Unpacks a chart below `directory` and answers the chart's folder. */
  async unpack(ref: ChartRef, credentials: RepositoryCredentials, directory: string): Promise<string> {
    checkChartName(ref.chart);
    const key = createHash('sha256')
      .update(`${ref.url}\n${ref.chart}\n${ref.version}\n${authorizationHeader(credentials) ?? ''}`)
      .digest('hex')
      .slice(0, 32);
    const cached = path.join(this.#cacheDirectory, key);
    if (!existsSync(cached)) {
      const archive = isOci(ref, credentials)
        ? await pullFromRegistry(ref, credentials)
        : await this.#download(ref, credentials);
      await mkdir(this.#cacheDirectory, { recursive: true, mode: 0o700 });
      const fresh = await mkdtemp(`${cached}.`);
      try {
        await unpackArchive(archive, fresh, ref);
        await rename(fresh, cached);
      } catch (error) {
        await rm(fresh, { recursive: true, force: true });
        if (!existsSync(cached)) throw error;
      }
    }
    await cp(cached, directory, { recursive: true });
    const name = ref.chart.slice(ref.chart.lastIndexOf('/') + 1);
    return existsSync(path.join(directory, name, 'Chart.yaml')) ? path.join(directory, name) : directory;
  }

  /** What the index says about one version. */
  async metadata(
    ref: ChartRef,
    credentials: RepositoryCredentials,
  ): Promise<{ description: string; maintainers: string[]; home: string }> {
    const entry = isOci(ref, credentials)
      ? undefined
      : (await this.#entries(ref, credentials)).find(({ version }) => version === ref.version);
    return {
      description: entry?.description ?? '',
      maintainers: (entry?.maintainers ?? []).map(({ name = '', email = '' }) =>
        email === '' ? name : `${name} <${email}>`,
      ),
      home: entry?.home ?? '',
    };
  }

  /** All charts of a repository with their versions, newest first. */
  async list(url: string, credentials: RepositoryCredentials): Promise<{ name: string; versions: string[] }[]> {
    const index = await this.#index(url, credentials);
    return [...index].map(([name, entries]) => ({ name, versions: entries.map(({ version }) => version) }));
  }

  /** Throws when the repository cannot be read with these credentials. */
  async test(url: string, credentials: RepositoryCredentials): Promise<void> {
    this.#indexes.delete(indexKey(url, credentials));
    if (isOci({ url, chart: '', version: '' }, credentials))
      await registryRequest(registryOf(url).origin, '/v2/', credentials, url);
    else await this.#index(url, credentials);
  }

  /**
   * What `helm dependency build` needs to fetch what a chart depends on: its repositories with credentials in a file of
   * the work directory, since arguments would show in the process list.
   */
  async writeRepositories(work: WorkDirectory, chart: string, credentials: RepositoryCredentials): Promise<void> {
    const text = await readFile(path.join(chart, 'Chart.yaml'), 'utf8');
    const { dependencies = [] } = (load(text) ?? {}) as { dependencies?: { repository?: string }[] };
    const urls = new Set(
      dependencies.map(({ repository = '' }) => repository).filter((url) => /^https?:\/\//.test(url)),
    );
    const repositories = [...urls].map((url, index) => ({
      name: `dependency-${index}`,
      url,
      username: '',
      password: '',
    }));
    await work.write('.home/helm/config/repositories.yaml', JSON.stringify({ apiVersion: '', repositories }));
    const registries = dependencies.map(({ repository = '' }) => repository).filter((url) => url.startsWith('oci://'));
    const { username = '', password = '' } = credentials;
    if (registries.length > 0 && username !== '') {
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      const hosts = new Set(registries.map((url) => new URL(url.replace(/^oci:/, 'https:')).host));
      await work.write(
        '.home/helm/registry.json',
        JSON.stringify({ auths: Object.fromEntries([...hosts].map((host) => [host, { auth }])) }),
      );
    }
    for (const url of urls) {
      // Helm wants the index of every repository it takes a chart from.
      const name = `dependency-${[...urls].indexOf(url)}`;
      const index = await download(new URL('index.yaml', url.endsWith('/') ? url : `${url}/`), {}, MAX_INDEX);
      await work.write(`.home/helm/cache/repository/${name}-index.yaml`, index);
    }
  }

  async #download(ref: ChartRef, credentials: RepositoryCredentials): Promise<Buffer> {
    const entry = (await this.#entries(ref, credentials)).find(
      ({ version }) => version === ref.version || semver.eq(version, ref.version, { loose: true }),
    );
    const location = entry?.urls?.[0];
    if (entry === undefined || location === undefined) {
      throw new TerminalError('ChartVersionUnknown', `chart ${ref.chart} ${ref.version} is not in ${ref.url}`, {
        fix: 'Correct chart or targetRevision',
      });
    }
    const base = ref.url.endsWith('/') ? ref.url : `${ref.url}/`;
    const url = new URL(location, base);
    // Credentials belong to the repository's host; an index may name another one.
    const archive = await download(url, url.host === new URL(base).host ? credentials : {}, MAX_CHART);
    if (entry.digest !== undefined && entry.digest !== '') {
      const digest = createHash('sha256').update(archive).digest('hex');
      if (digest !== entry.digest.replace(/^sha256:/, ''))
        throw new RenderError(
          'ChartDigest',
          `chart ${ref.chart} ${ref.version} is not what the index of ${ref.url} promises`,
        );
    }
    return archive;
  }

  async #entries(ref: ChartRef, credentials: RepositoryCredentials): Promise<ChartEntry[]> {
    const entries = (await this.#index(ref.url, credentials)).get(ref.chart);
    if (entries !== undefined) return entries;
    throw new TerminalError('ChartUnknown', `chart ${ref.chart} is not in ${ref.url}`, {
      fix: 'Correct spec.source.chart or repoURL',
    });
  }

  #index(url: string, credentials: RepositoryCredentials): Promise<Map<string, ChartEntry[]>> {
    const key = indexKey(url, credentials);
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = readIndex(url, credentials);
      this.#indexes.set(key, index);
      index.catch(() => this.#indexes.delete(key));
    }
    return index;
  }
}

/** Reads a value file from a URL, anonymously. */
export async function fetchValueFile(url: string): Promise<Buffer> {
  return download(new URL(url), {}, MAX_VALUES);
}

function indexKey(url: string, credentials: RepositoryCredentials): string {
  return `${url}\n${authorizationHeader(credentials) ?? ''}`;
}

async function readIndex(url: string, credentials: RepositoryCredentials): Promise<Map<string, ChartEntry[]>> {
  const text = (
    await download(new URL('index.yaml', url.endsWith('/') ? url : `${url}/`), credentials, MAX_INDEX)
  ).toString('utf8');
  let document: unknown;
  try {
    // Every field is text: a version or digest that happens to look like a number must stay what it is.
    document = load(text, { schema: FAILSAFE_SCHEMA });
  } catch (cause) {
    throw new RenderError('IndexInvalid', `the index of ${url} is not valid YAML`, { cause });
  }
  const entries = (document as { entries?: unknown } | null)?.entries;
  if (typeof entries !== 'object' || entries === null)
    throw new RenderError('IndexInvalid', `${url} is no Helm repository: its index has no entries`);
  return new Map(Object.entries(entries as Record<string, ChartEntry[]>).filter(([, list]) => Array.isArray(list)));
}

async function download(
  url: URL,
  credentials: RepositoryCredentials,
  limit: number,
  headers: Record<string, string> = {},
  redirects = 5,
): Promise<Buffer> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new RenderError('UrlForbidden', `${url.protocol} URLs are not fetched`);
  const authorization = authorizationHeader(credentials);
  const dispatcher = new Agent({
    connect: {
      timeout: 10_000,
      ...(credentials.insecure === true ? { rejectUnauthorized: false } : {}),
      ...(credentials.caData === undefined ? {} : { ca: credentials.caData }),
      ...(credentials.tlsClientCertData === undefined
        ? {}
        : { cert: credentials.tlsClientCertData, key: credentials.tlsClientCertKey ?? '' }),
    },
  });
  try {
    const response = await request(url, {
      dispatcher,
      headers: {
        'user-agent': 'lockstep',
        ...headers,
        ...(authorization === undefined || headers['authorization'] !== undefined ? {} : { authorization }),
      },
      headersTimeout: 30_000,
      bodyTimeout: 60_000,
    }).catch((cause: Error) => {
      throw new RenderError('Download', `${url.origin} cannot be reached: ${cause.message}`, { cause });
    });
    const location = response.headers['location'];
    if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string' && redirects > 0) {
      await response.body.dump();
      const next = new URL(location, url);
      const { authorization: _dropped, ...kept } = headers;
      return await download(
        next,
        next.host === url.host ? credentials : {},
        limit,
        next.host === url.host ? headers : kept,
        redirects - 1,
      );
    }
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new RenderError('Download', `${url.origin}${url.pathname} answers ${response.statusCode}`, {
        ...(response.statusCode === 401 || response.statusCode === 403
          ? { fix: 'Check the credentials of the repository' }
          : {}),
      });
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit)
        throw new RenderError('Download', `${url.origin}${url.pathname} is larger than ${limit / 1024 / 1024} MiB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    await dispatcher.destroy();
  }
}

/** Regular files and folders only, nothing outside, an end to bombs. */
async function unpackArchive(archive: Buffer, directory: string, ref: ChartRef): Promise<void> {
  let size = 0;
  const file = path.join(directory, '.archive.tgz');
  await writeFile(file, archive, { mode: 0o600 });
  await extract({
    file,
    cwd: directory,
    strict: true,
    preserveOwner: false,
    filter: (name, entry) => {
      const type = 'type' in entry ? entry.type : undefined;
      if (name.split('/').includes('..') || path.posix.isAbsolute(name))
        throw new RenderError('ChartArchive', `chart ${ref.chart} has an entry outside of itself: ${name}`);
      size += entry.size;
      if (size > MAX_UNPACKED)
        throw new RenderError(
          'ChartArchive',
          `chart ${ref.chart} unpacks to more than ${MAX_UNPACKED / 1024 / 1024} MiB`,
        );
      return type === 'File' || type === 'Directory' || type === 'OldFile' || type === 'ContiguousFile';
    },
  });
  await rm(file);
}

function checkChartName(chart: string): void {
  if (!CHART_NAME.test(chart) || chart.includes('..'))
    throw new TerminalError('ChartName', `"${chart.slice(0, 100)}" is not a chart name`, {
      fix: 'Correct spec.source.chart',
    });
}

function isOci(ref: ChartRef, credentials: RepositoryCredentials): boolean {
  return ref.url.startsWith('oci://') || credentials.enableOCI === true || !/^https?:\/\//.test(ref.url);
}

function registryOf(url: string): { origin: string; repository: string } {
  const bare = url.replace(/^oci:\/\//, '').replace(/\/+$/, '');
  const slash = bare.indexOf('/');
  return {
    origin: `https://${slash < 0 ? bare : bare.slice(0, slash)}`,
    repository: slash < 0 ? '' : bare.slice(slash + 1),
  };
}

function repositoryPath(ref: ChartRef): { origin: string; name: string } {
  const { origin, repository } = registryOf(ref.url);
  return { origin, name: [repository, ref.chart].filter((part) => part !== '').join('/') };
}

async function registryTags(ref: ChartRef, credentials: RepositoryCredentials): Promise<string[]> {
  const { origin, name } = repositoryPath(ref);
  const body = await registryRequest(origin, `/v2/${name}/tags/list`, credentials, name);
  // A tag cannot hold `+`, so Helm writes `_`.
  return ((JSON.parse(body.toString('utf8')) as { tags?: string[] }).tags ?? []).map((tag) => tag.replaceAll('_', '+'));
}

async function pullFromRegistry(ref: ChartRef, credentials: RepositoryCredentials): Promise<Buffer> {
  const { origin, name } = repositoryPath(ref);
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = JSON.parse(
    (
      await registryRequest(
        origin,
        `/v2/${name}/manifests/${ref.version.replaceAll('+', '_')}`,
        credentials,
        name,
        accept,
      )
    ).toString('utf8'),
  ) as {
    layers?: { mediaType: string; digest: string }[];
  };
  const layer = manifest.layers?.find(({ mediaType }) => /helm\.chart\.content.*tar\+gzip/.test(mediaType));
  if (layer === undefined)
    throw new RenderError('ChartArtifact', `${origin}/${name}:${ref.version} is not a Helm chart`);
  const blob = await registryRequest(origin, `/v2/${name}/blobs/${layer.digest}`, credentials, name);
  if (`sha256:${createHash('sha256').update(blob).digest('hex')}` !== layer.digest)
    throw new RenderError('ChartDigest', `${origin}/${name}:${ref.version} does not match its digest`);
  return blob;
}

/** One registry request; a 401 is answered with a token of the realm it names, as the distribution specification has it. */
async function registryRequest(
  origin: string,
  location: string,
  credentials: RepositoryCredentials,
  name: string,
  accept = '*/*',
): Promise<Buffer> {
  const base = credentials.insecureOCIForceHttp === true ? origin.replace(/^https:/, 'http:') : origin;
  const url = new URL(location, base);
  const challenge = await request(new URL('/v2/', base), { method: 'GET', headersTimeout: 15_000 }).catch(
    (cause: Error) => {
      throw new RenderError('Download', `${base} cannot be reached: ${cause.message}`, { cause });
    },
  );
  await challenge.body.dump();
  const header = String(challenge.headers['www-authenticate'] ?? '');
  const realm = /realm="([^"]+)"/.exec(header)?.[1];
  if (challenge.statusCode !== 401 || realm === undefined || !/^bearer/i.test(header))
    return download(url, credentials, MAX_CHART, { accept });
  const tokenUrl = new URL(realm);
  const service = /service="([^"]+)"/.exec(header)?.[1];
  if (service !== undefined) tokenUrl.searchParams.set('service', service);
  tokenUrl.searchParams.set('scope', `repository:${name}:pull`);
  const { token, access_token: accessToken } = JSON.parse(
    (await download(tokenUrl, credentials, 1024 * 1024)).toString('utf8'),
  ) as { token?: string; access_token?: string };
  return download(url, credentials, MAX_CHART, { accept, authorization: `Bearer ${token ?? accessToken ?? ''}` });
}
