import { createHash } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { canonicalRepositoryUrl, type KubernetesObject, LABEL_SECRET_TYPE } from '@lockstep/core';
import type { Redis } from 'ioredis';
import Type from 'typebox';
import { redisKeys } from '../../redis/redis-connection.ts';
import type { ApiContext, Secret } from '../api-context.ts';
import { ApiError, permissionDenied } from '../api-error.ts';
import { EmptySchema } from '../applications/schemas.ts';
import type { Authorizer } from '../authorizer.ts';
import { identityOf } from '../plugins/authenticate.ts';

export interface RepositoryRoutes {
  authorizer: Authorizer;
  context: Pick<ApiContext, 'controlPlane' | 'collections' | 'config'>;
  redis: Redis;
}

/** A repository as it is shown. Credentials are not among the fields, so none can be told. */
const RepositorySchema = Type.Object({
  repo: Type.String(),
  name: Type.String(),
  type: Type.String(),
  project: Type.String(),
  username: Type.String(),
  insecure: Type.Boolean(),
  enableLfs: Type.Boolean(),
  enableOCI: Type.Boolean(),
  proxy: Type.String(),
  /** How it authenticates, without the means. */
  credentials: Type.String(),
  connectionState: Type.Object({
    status: Type.String(),
    message: Type.String(),
    attemptedAt: Type.Union([Type.String(), Type.Null()]),
  }),
});

/** Fields of a request that become keys of the Secret under another or the same name. */
const secretFields: Record<string, string> = {
  repo: 'url',
  name: 'name',
  type: 'type',
  project: 'project',
  username: 'username',
  password: 'password',
  bearerToken: 'bearerToken',
  sshPrivateKey: 'sshPrivateKey',
  tlsClientCertData: 'tlsClientCertData',
  tlsClientCertKey: 'tlsClientCertKey',
  githubAppPrivateKey: 'githubAppPrivateKey',
  githubAppID: 'githubAppID',
  githubAppInstallationID: 'githubAppInstallationID',
  githubAppEnterpriseBaseUrl: 'githubAppEnterpriseBaseUrl',
  gcpServiceAccountKey: 'gcpServiceAccountKey',
  proxy: 'proxy',
  noProxy: 'noProxy',
  insecure: 'insecure',
  enableLfs: 'enableLfs',
  enableOCI: 'enableOCI',
  insecureOCIForceHttp: 'insecureOCIForceHttp',
  forceHttpBasicAuth: 'forceHttpBasicAuth',
  useAzureWorkloadIdentity: 'useAzureWorkloadIdentity',
};

const RepositoryBody = Type.Object(
  {
    repo: Type.String({ minLength: 1, maxLength: 2_048 }),
    name: Type.Optional(Type.String()),
    type: Type.Optional(Type.String()),
    project: Type.Optional(Type.String()),
  },
  { additionalProperties: true },
);

/** Repositories of applications: the labelled Secrets of Argo CD. */
export const repositoryRoutes: FastifyPluginAsyncTypebox<RepositoryRoutes> = async (
  app,
  { authorizer, context, redis },
) => {
  const { controlPlane, collections, config } = context;

  app.get(
    '/api/v1/repositories',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['repositories'],
        querystring: Type.Object({
          repo: Type.Optional(Type.String()),
          forceRefresh: Type.Optional(Type.Boolean()),
          appProject: Type.Optional(Type.String()),
        }),
        response: { 200: Type.Object({ items: Type.Array(RepositorySchema) }) },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const { repo, appProject } = request.query;
      const items: Type.Static<typeof RepositorySchema>[] = [];
      for (const secret of repositorySecrets()) {
        const data = decode(secret);
        if (repo && !sameRepository(repo, data['url'] ?? '')) continue;
        if (appProject && data['project'] && data['project'] !== appProject) continue;
        if (await authorizer.allows(identity, 'repositories', 'get', objectOf(data))) items.push(await present(data));
      }
      return { items: items.sort((a, b) => a.repo.localeCompare(b.repo)) };
    },
  );

  app.get(
    '/api/v1/repositories/*',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['repositories'],
        params: Type.Object({ '*': Type.String() }),
        querystring: Type.Object({
          forceRefresh: Type.Optional(Type.Boolean()),
          appProject: Type.Optional(Type.String()),
        }),
        response: { 200: RepositorySchema },
      },
    },
    async (request) => {
      const { data } = await reachable(request, request.params['*'], 'get', request.query.appProject);
      return present(data);
    },
  );

  app.post(
    '/api/v1/repositories',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['repositories'],
        querystring: Type.Object({ upsert: Type.Optional(Type.Boolean()), credsOnly: Type.Optional(Type.Boolean()) }),
        body: RepositoryBody,
        response: { 200: RepositorySchema },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const data = secretData(request.body);
      requireUsableUrl(data['url'] ?? '');
      await authorizer.require(identity, 'repositories', 'create', objectOf(data));
      const current = find(data['url'] ?? '', data['project']);
      const name = current?.metadata.name ?? secretName(data);
      if (current !== undefined && request.query.upsert !== true) {
        throw new ApiError('InvalidArgument', 'existing repository spec is different; use upsert flag to force update');
      }
      if (current !== undefined) await authorizer.require(identity, 'repositories', 'update', objectOf(data));
      const object: KubernetesObject = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          ...(current?.metadata.resourceVersion === undefined
            ? {}
            : { resourceVersion: current.metadata.resourceVersion }),
          name,
          namespace: config.namespace,
          labels: { ...current?.metadata.labels, [LABEL_SECRET_TYPE]: 'repository' },
          annotations: { ...current?.metadata.annotations, 'managed-by': 'argocd.argoproj.io' },
        },
        type: 'Opaque',
        data: Object.fromEntries(
          Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        ),
      };
      const stored = (await (current === undefined
        ? controlPlane.create(object)
        : controlPlane.replace(object))) as Secret;
      collections.secrets.absorb(stored);
      return present(data);
    },
  );

  app.delete(
    '/api/v1/repositories/*',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['repositories'],
        params: Type.Object({ '*': Type.String() }),
        querystring: Type.Object({
          forceRefresh: Type.Optional(Type.Boolean()),
          appProject: Type.Optional(Type.String()),
        }),
        response: { 200: EmptySchema },
      },
    },
    async (request) => {
      const { secret } = await reachable(request, request.params['*'], 'delete', request.query.appProject);
      await controlPlane.delete(
        { group: '', version: 'v1', kind: 'Secret', namespace: config.namespace, name: secret.metadata.name ?? '' },
        { propagation: 'Background', ...(secret.metadata.uid === undefined ? {} : { uid: secret.metadata.uid }) },
      );
      return {};
    },
  );

  const repositorySecrets = (): Secret[] =>
    [...collections.secrets.list()].filter((secret) => secret.metadata.labels?.[LABEL_SECRET_TYPE] === 'repository');

  const find = (url: string, project: string | undefined): Secret | undefined =>
    repositorySecrets().find((secret) => {
      const data = decode(secret);
      return sameRepository(url, data['url'] ?? '') && (data['project'] ?? '') === (project ?? '');
    });

  /** A repository the caller may do something with; a missing one is answered like a forbidden one. */
  const reachable = async (
    request: Parameters<typeof identityOf>[0],
    path: string,
    action: string,
    project: string | undefined,
  ): Promise<{ secret: Secret; data: Record<string, string> }> => {
    const url = decodeOnce(path);
    const secret =
      find(url, project) ??
      repositorySecrets().find((candidate) => sameRepository(url, decode(candidate)['url'] ?? ''));
    const data = decode(secret);
    const object = secret === undefined ? (project ? `${project}/${url}` : url) : objectOf(data);
    if (!(await authorizer.allows(identityOf(request), 'repositories', action, object)) || secret === undefined)
      throw permissionDenied();
    return { secret, data };
  };

  const present = async (data: Record<string, string>): Promise<Type.Static<typeof RepositorySchema>> => {
    const url = withoutUserInfo(data['url'] ?? '');
    const stored = await redis.get(redisKeys.repository(data['url'] ?? ''));
    const report =
      stored === null ? {} : (JSON.parse(stored) as { status?: string; message?: string; attemptedAt?: string });
    return {
      repo: url,
      name: data['name'] ?? '',
      type: data['type'] || 'git',
      project: data['project'] ?? '',
      username: data['username'] ?? '',
      insecure: data['insecure'] === 'true',
      enableLfs: data['enableLfs'] === 'true',
      enableOCI: data['enableOCI'] === 'true',
      proxy: withoutUserInfo(data['proxy'] ?? ''),
      credentials: credentialsOf(data),
      connectionState: {
        status: report.status ?? 'Unknown',
        message: report.message ?? '',
        attemptedAt: report.attemptedAt ?? null,
      },
    };
  };
};

function objectOf(data: Record<string, string>): string {
  return data['project'] ? `${data['project']}/${data['url'] ?? ''}` : (data['url'] ?? '');
}

function secretData(body: Record<string, unknown>): Record<string, string> {
  const data: Record<string, string> = {};
  for (const [field, key] of Object.entries(secretFields)) {
    const value = body[field];
    if (typeof value === 'string' && value !== '') data[key] = value;
    else if (value === true) data[key] = 'true';
    else if (typeof value === 'number') data[key] = String(value);
  }
  data['type'] ??= 'git';
  return data;
}

/** Such a URL would reach git, which takes a leading dash for an option and line breaks for another header. */
function requireUsableUrl(url: string): void {
  const isWeb = URL.canParse(url) && ['http:', 'https:', 'ssh:', 'git:', 'oci:'].includes(new URL(url).protocol);
  const isScp = /^[\w.-]+@[\w.-]+:[^\s]+$/.test(url);
  const isRegistry = /^[\w.-]+(:\d+)?(\/[\w./-]+)?$/.test(url);
  const hasOdd = [...url].some((character) => character <= ' ' || character === '\x7f') || /%0[0ad]/i.test(url);
  if (url.startsWith('-') || hasOdd || !(isWeb || isScp || isRegistry)) {
    throw new ApiError(
      'InvalidArgument',
      'the repository URL is not one of https, ssh, git@host:path, oci or a registry path',
    );
  }
}

function credentialsOf(data: Record<string, string>): string {
  if (data['sshPrivateKey']) return 'ssh';
  if (data['githubAppPrivateKey']) return 'github-app';
  if (data['bearerToken']) return 'token';
  if (data['tlsClientCertData']) return 'client-certificate';
  if (data['gcpServiceAccountKey']) return 'gcp';
  if (data['useAzureWorkloadIdentity'] === 'true') return 'azure-workload-identity';
  return data['password'] ? 'password' : 'none';
}

function withoutUserInfo(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

function sameRepository(a: string, b: string): boolean {
  return canonicalRepositoryUrl(a) === canonicalRepositoryUrl(b);
}

function secretName(data: Record<string, string>): string {
  return `repo-${createHash('sha256')
    .update(`${data['url'] ?? ''}\n${data['project'] ?? ''}`)
    .digest('hex')
    .slice(0, 12)}`;
}

function decode(secret: Secret | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

function decodeOnce(text: string): string {
  try {
    return /%[0-9a-f]{2}/i.test(text) ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}
