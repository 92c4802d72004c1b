import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ApplicationSource, DEFAULT_SETTINGS, type RenderRequest } from '@lockstep/core';
import { type RedisServer, startRedis } from '@lockstep/embedded';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GitFixture } from '../../tests/support/git-fixture.ts';
import { findGit } from '../git/git-command.ts';
import { openRedis, redisKeys } from '../redis/redis-connection.ts';
import { deriveKey } from '../redis/sealed-value.ts';
import { ToolBox } from '../tools/tool-box.ts';
import { Charts } from './charts.ts';
import { Mirrors } from './mirrors.ts';
import { type RendererParts, renderApplication } from './render-application.ts';
import { RenderCache } from './render-cache.ts';

let fixture: GitFixture;
let server: RedisServer;
let redis: Redis;
let folder: string;
let parts: RendererParts;
const toolsRun: string[] = [];

beforeAll(async () => {
  fixture = await GitFixture.create();
  server = await startRedis();
  redis = openRedis(server.url);
  folder = mkdtempSync(path.join(tmpdir(), 'lockstep-renderer-'));
  parts = {
    mirrors: new Mirrors({ git: findGit(undefined), allowFile: false, root: path.join(folder, 'git') }),
    charts: new Charts({ cacheDirectory: path.join(folder, 'charts') }),
    // Unpacking the bundled tools takes a second: all test files share them.
    tools: new ToolBox({ cacheDirectory: path.join(tmpdir(), 'lockstep-test-tools') }),
    cache: new RenderCache(redis, deriveKey('test', 'render')),
    limit: async (work) => {
      toolsRun.push('run');
      return work();
    },
  };
});
afterAll(async () => {
  await parts.mirrors[Symbol.asyncDispose]();
  redis.disconnect();
  await server.close();
  await fixture[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function render(commit: string, source: Partial<ApplicationSource>, more: Partial<RenderRequest> = {}) {
  const request: RenderRequest = {
    application: { name: 'app', namespace: 'argocd', instanceName: 'app', project: 'default' },
    destinationNamespace: 'web',
    sources: [{ source: { repoURL: fixture.url, targetRevision: 'main', ...source }, revision: commit }],
    kubeVersion: '1.34.0',
    apiVersions: ['v1', 'apps/v1'],
    options: {
      helm: DEFAULT_SETTINGS.helm,
      kustomize: DEFAULT_SETTINGS.kustomize,
      jsonnet: DEFAULT_SETTINGS.jsonnet,
      maxDirectoryManifestBytes: 1e7,
      timeoutSeconds: 60,
    },
    noCache: false,
    ...more,
  };
  const answer = await renderApplication(parts, request, () => ({}));
  const stored = await parts.cache.get(answer.contentKey);
  return {
    answer,
    names: stored?.manifests.map(({ object }) => (object as { metadata: { name: string } }).metadata.name),
  };
}

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

describe('rendering', () => {
  it('is done once per content, whatever the commit', async () => {
    const first = fixture.commit({ 'app/a.yaml': configMap('a'), 'other/b.yaml': configMap('b') });
    const second = fixture.commit({ 'other/b.yaml': configMap('c') });
    const third = fixture.commit({ 'app/a.yaml': configMap('changed') });
    const one = await render(first, { path: 'app' });
    const two = await render(second, { path: 'app' });
    const three = await render(third, { path: 'app' });
    expect([one.answer.rendered, two.answer.rendered, three.answer.rendered]).toEqual([true, false, true]);
    expect(two.answer.contentKey).toBe(one.answer.contentKey);
    expect(three.names).toEqual(['changed']);
    expect(one.answer.inputs).toEqual([
      { repoURL: fixture.url, revision: first, paths: ['app'], boundToRevision: false },
    ]);
  });

  it('treats a value in the cache that it did not seal as a miss', async () => {
    const commit = fixture.commit({ 'sealed/a.yaml': configMap('sealed') });
    const { answer } = await render(commit, { path: 'sealed' });
    await redis.set(
      redisKeys.render(answer.contentKey),
      JSON.stringify({ manifests: [], sourceTypes: [], warnings: [] }),
    );
    expect(await parts.cache.get(answer.contentKey)).toBeUndefined();
  });

  it('keeps an error for a moment, so that a broken base does not run the tool once per application', async () => {
    const commit = fixture.commit({
      'broken/Chart.yaml': 'apiVersion: v2\nname: broken\nversion: 1.0.0\n',
      'broken/templates/a.yaml': '{{ fail "on purpose" }}',
    });
    toolsRun.splice(0);
    await expect(render(commit, { path: 'broken' })).rejects.toThrow(/on purpose/);
    await expect(render(commit, { path: 'broken' })).rejects.toThrow(/broken\/templates\/a\.yaml:1/);
    expect(toolsRun).toHaveLength(1);
  });

  it('applies .argocd-source.yaml of the repository, but not where it points elsewhere', async () => {
    const commit = fixture.commit({
      'overrides/Chart.yaml': 'apiVersion: v2\nname: overrides\nversion: 1.0.0\n',
      'overrides/templates/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name }}}\n',
      'overrides/.argocd-source.yaml':
        'repoURL: https://evil.example.org\npath: /\nhelm: {parameters: [{name: name, value: overridden}]}\n',
    });
    expect((await render(commit, { path: 'overrides' })).names).toEqual(['overridden']);
  });

  it('follows links inside the repository and refuses those that leave it', async () => {
    const work = path.join(fixture.root, 'work');
    fixture.commit({
      'links/base/kustomization.yaml': 'resources: [cm.yaml]\n',
      'links/outside.yaml': configMap('linked'),
    });
    symlinkSync('../outside.yaml', path.join(work, 'links/base/cm.yaml'));
    const inside = fixture.commit({});
    expect((await render(inside, { path: 'links/base' })).names).toEqual(['linked']);
    mkdirSync(path.join(work, 'escape'));
    writeFileSync(path.join(work, 'escape/kustomization.yaml'), 'resources: [cm.yaml]\n');
    symlinkSync('/etc/passwd', path.join(work, 'escape/cm.yaml'));
    const outside = fixture.commit({});
    await expect(render(outside, { path: 'escape' })).rejects.toThrow(
      /escape\/cm\.yaml: is a symbolic link out of the repository/,
    );
    mkdirSync(path.join(work, 'escape2'));
    symlinkSync('../../../../../etc/hostname', path.join(work, 'escape2/cm.yaml'));
    const relative = fixture.commit({});
    await expect(render(relative, { path: 'escape2' })).rejects.toThrow(/escape2\/cm\.yaml/);
  });

  it.each([
    '--enable-exec',
    '--enable-alpha-plugins',
    '--load-restrictor LoadRestrictionsNone',
    '--load-restrictor=none',
    '--helm-command ./x.sh',
    '-o /tmp/x',
    '--network',
    '--mount type=bind',
  ])('refuses the kustomize build option %s', async (option) => {
    const commit = fixture.commit({
      'options/kustomization.yaml': 'resources: [cm.yaml]\n',
      'options/cm.yaml': configMap('x'),
    });
    const options = {
      helm: DEFAULT_SETTINGS.helm,
      kustomize: { ...DEFAULT_SETTINGS.kustomize, buildOptions: option },
      jsonnet: DEFAULT_SETTINGS.jsonnet,
      maxDirectoryManifestBytes: 1e7,
      timeoutSeconds: 60,
    };
    await expect(render(commit, { path: 'options' }, { options })).rejects.toThrow(/is not allowed/);
  });

  it('does not let a remote base smuggle options into git', async () => {
    const marker = path.join(folder, 'owned');
    const commit = fixture.commit({
      'smuggle/kustomization.yaml': `resources:\n  - "git::https://127.0.0.1:9/x//y?ref=--upload-pack=touch%20${marker}"\n`,
    });
    await expect(render(commit, { path: 'smuggle' })).rejects.toThrow(/kustomize build/);
    expect(() => readFileSync(marker)).toThrow();
  });

  it('gives templates no environment, no cluster and no files but the chart', async () => {
    const commit = fixture.commit({
      'probe/Chart.yaml': 'apiVersion: v2\nname: probe\nversion: 1.0.0\n',
      'probe/templates/a.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: probe}\ndata:\n  lookup: {{ lookup "v1" "Secret" "" "" | toJson | quote }}\n  file: {{ .Files.Get "../../../../../../etc/passwd" | quote }}\n',
    });
    const { answer } = await render(commit, { path: 'probe' });
    const stored = await parts.cache.get(answer.contentKey);
    expect(stored?.manifests[0]?.object).toMatchObject({ data: { lookup: '{}', file: '' } });
  });

  it('refuses a chart whose name is a path', async () => {
    const commit = fixture.commit({
      'dot/Chart.yaml': 'apiVersion: v2\nname: ../x\nversion: 1.0.0\n',
      'dot/templates/a.yaml': configMap('x'),
    });
    await expect(render(commit, { path: 'dot' })).rejects.toThrow(/dot\/Chart\.yaml: has no valid name/);
  });
});

describe('charts from a Helm repository', () => {
  let http: Server;
  let url: string;
  let archive: Buffer;
  const seen: { path: string; authorization: string | undefined }[] = [];

  beforeAll(async () => {
    const chart = path.join(folder, 'build/hello');
    mkdirSync(path.join(chart, 'templates'), { recursive: true });
    writeFileSync(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: hello\nversion: 1.2.0\n');
    writeFileSync(
      path.join(chart, 'templates/a.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name | default "hello" }}}\n',
    );
    execFileSync('tar', ['-czf', path.join(folder, 'hello.tgz'), '-C', path.join(folder, 'build'), 'hello']);
    archive = readFileSync(path.join(folder, 'hello.tgz'));
    const digest = createHash('sha256').update(archive).digest('hex');
    http = createServer((request, response) => {
      seen.push({ path: request.url ?? '', authorization: request.headers.authorization });
      if (request.url === '/index.yaml') {
        response.end(
          `apiVersion: v1\nentries:\n  hello:\n    - {name: hello, version: 2.0.0-rc.1, urls: [hello.tgz]}\n    - {name: hello, version: 1.2.0, urls: [hello.tgz], digest: ${digest}}\n    - {name: hello, version: 1.1.0, urls: [hello.tgz], digest: ${'0'.repeat(64)}}\n`,
        );
      } else response.end(archive);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterAll(() => http.close());

  it('resolve a range to the newest release, never to a pre-release', async () => {
    const ref = { url, chart: 'hello', version: '1.x' };
    expect(await parts.charts.resolve(ref, {})).toBe('1.2.0');
    expect(await parts.charts.resolve({ ...ref, version: '*' }, {})).toBe('1.2.0');
    await expect(parts.charts.resolve({ ...ref, version: '3.x' }, {})).rejects.toThrow(/no version of chart hello/);
    await expect(parts.charts.resolve({ ...ref, chart: '../x' }, {})).rejects.toThrow(/is not a chart name/);
  });

  it('render, with the credentials in the header and nowhere else', async () => {
    const request = {
      repoURL: url,
      chart: 'hello',
      targetRevision: '1.2.0',
      helm: { parameters: [{ name: 'name', value: 'chart' }] },
    };
    const { names } = await render('1.2.0', request);
    expect(names).toEqual(['chart']);
    await parts.charts.test(url, { username: 'u', password: 'p' });
    expect(seen.at(-1)).toEqual({
      path: '/index.yaml',
      authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
    });
  });

  it('are refused when they are not what the index promises', async () => {
    await expect(render('1.1.0', { repoURL: url, chart: 'hello', targetRevision: '1.1.0' })).rejects.toThrow(
      /is not what the index/,
    );
  });
});
