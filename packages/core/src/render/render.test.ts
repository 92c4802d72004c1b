import { describe, expect, it } from 'vitest';
import type { ApplicationSource } from '../application/source.ts';
import { buildEnvironment, substituteEnvironment } from './build-environment.ts';
import { type ContentKeySource, contentKey } from './content-key.ts';
import { directoryFiles, renderDirectory } from './directory.ts';
import { effectiveSource } from './effective-source.ts';
import { renderInputs } from './render-inputs.ts';
import { detectSourceType } from './source-type.ts';
import { joinPath, type TreeEntry, type TreeReader } from './tree-reader.ts';

/** A repository held in a map of paths to texts. */
function treeOf(files: Record<string, string>, links: string[] = []): TreeReader {
  return {
    list(directory) {
      const prefix = directory === '' ? '' : `${directory}/`;
      const names = new Map<string, TreeEntry>();
      for (const path of Object.keys(files)) {
        if (!path.startsWith(prefix)) continue;
        const [name, ...rest] = path.slice(prefix.length).split('/');
        if (name !== undefined)
          names.set(name, { name, type: rest.length > 0 ? 'directory' : 'file', id: `${prefix}${name}` });
      }
      return Promise.resolve(names.size === 0 && directory !== '' ? undefined : [...names.values()]);
    },
    readFile: (path) => Promise.resolve(files[path]),
    hasLinks: (directory) => Promise.resolve(links.some((link) => link.startsWith(directory))),
  };
}

const source: ApplicationSource = { repoURL: 'https://git.example.com/app', path: 'deploy' };
const enabled = {
  helm: { enabled: true, valuesFileSchemes: [] },
  kustomize: { enabled: true, buildOptions: '', versions: {} },
};
const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';

describe('detectSourceType', () => {
  it.each([
    [{ 'deploy/Chart.yaml': '' }, {}, 'Helm'],
    [{ 'deploy/kustomization.yaml': '' }, {}, 'Kustomize'],
    [{ 'deploy/Kustomization': '' }, {}, 'Kustomize'],
    [{ 'deploy/a.yaml': '' }, {}, 'Directory'],
    [{ 'deploy/Chart.yaml': '', 'deploy/kustomization.yml': '' }, {}, 'Helm'],
    [{ 'deploy/Chart.yaml': '' }, { directory: { recurse: true } }, 'Directory'],
    [{ 'deploy/a.yaml': '' }, { helm: {} }, 'Directory'],
  ])('%j with %j is %s', async (files, more, expected) => {
    expect(await detectSourceType(treeOf(files), { ...source, ...more }, enabled)).toBe(expected);
  });

  it('a tool that is turned off leaves a directory', async () => {
    const off = { ...enabled, helm: { enabled: false, valuesFileSchemes: [] } };
    expect(await detectSourceType(treeOf({ 'deploy/Chart.yaml': '' }), source, off)).toBe('Directory');
  });

  it('a path that does not exist is an error with the fix', async () => {
    await expect(detectSourceType(treeOf({ 'other/a.yaml': '' }), source, enabled)).rejects.toThrow(
      'deploy: app path does not exist. Set spec.source.path',
    );
  });

  it('two explicit tools are an error', async () => {
    const both = { ...source, helm: { releaseName: 'x' }, kustomize: { namePrefix: 'y' } };
    await expect(detectSourceType(treeOf({ 'deploy/a.yaml': '' }), both, enabled)).rejects.toThrow(
      'multiple application sources defined: Helm,Kustomize',
    );
  });
});

describe('effectiveSource', () => {
  it('merges the overrides of the repository, the one for the application last', async () => {
    const reader = treeOf({
      'deploy/.argocd-source.yaml': 'helm: {parameters: [{name: a, value: "1"}], releaseName: general}',
      'deploy/.argocd-source-web.yaml': 'helm: {releaseName: special}',
    });
    expect(await effectiveSource(reader, source, { instanceName: 'web' })).toEqual({
      ...source,
      helm: { parameters: [{ name: 'a', value: '1' }], releaseName: 'special' },
    });
  });

  it('never lets the repository move the source', async () => {
    const reader = treeOf({
      'deploy/.argocd-source.yaml': 'repoURL: https://evil\npath: /\ntargetRevision: x\nchart: y',
    });
    expect(await effectiveSource(reader, source, { instanceName: 'web' })).toEqual(source);
  });

  it('names file and line of overrides that cannot be read', async () => {
    const reader = treeOf({ 'deploy/.argocd-source.yaml': 'helm:\n  a: [' });
    await expect(effectiveSource(reader, source, { instanceName: 'web' })).rejects.toThrow(
      /deploy\/\.argocd-source\.yaml:\d: is not valid YAML/,
    );
  });
});

describe('directories', () => {
  const files = {
    'deploy/b.yaml': '',
    'deploy/a.yml': '',
    'deploy/c.json': '',
    'deploy/read.me': '',
    'deploy/sub/d.yaml': '',
  };
  it.each([
    [{}, ['deploy/a.yml', 'deploy/b.yaml', 'deploy/c.json']],
    [{ recurse: true }, ['deploy/a.yml', 'deploy/b.yaml', 'deploy/c.json', 'deploy/sub/d.yaml']],
    [{ recurse: true, include: 'sub/*' }, ['deploy/sub/d.yaml']],
    [{ exclude: '{b.*,c.*}' }, ['deploy/a.yml']],
    [{ disableExtensionFilter: true, include: 'read*' }, ['deploy/read.me']],
  ])('with %j reads %j', async (directory, expected) => {
    expect(await directoryFiles(treeOf(files), 'deploy', directory)).toEqual(expected);
  });

  it('flattens lists and tells file and line of every manifest', async () => {
    const list = 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n';
    const reader = treeOf({ 'deploy/a.yaml': `${configMap}---\n${configMap}`, 'deploy/b.yaml': list });
    const manifests = await renderDirectory(reader, 'deploy', {}, { maxBytes: 10_000 });
    expect(manifests.map(({ file, line, object }) => `${file}:${line} ${object.metadata.name}`)).toEqual([
      'deploy/a.yaml:1 a',
      'deploy/a.yaml:5 a',
      'deploy/b.yaml:1 x',
    ]);
  });

  it.each([
    [
      'kind: ConfigMap\nmetadata: {name: a}\n',
      /deploy\/a\.yaml:1: Object 'apiVersion' is missing in the manifest\. Add apiVersion/,
    ],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n', /ConfigMap \(v1\) has no metadata\.name\. Add metadata\.name/],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 123}\n', /Quote metadata\.name: 123 is a number/],
    [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {v: 1}}\n',
      /metadata\.labels\["v"\] is a number, not text\. Quote it: v: "1"/,
    ],
    ['apiVersion: v1\nkind: [\n', /deploy\/a\.yaml:\d+: /],
  ])('refuses %j with place and fix', async (text, expected) => {
    await expect(
      renderDirectory(treeOf({ 'deploy/a.yaml': text }), 'deploy', {}, { maxBytes: 10_000 }),
    ).rejects.toThrow(expected);
  });

  it('leaves broken YAML alone that does not look like a manifest, and files that ask for it', async () => {
    const reader = treeOf({ 'deploy/a.yaml': 'x: [', 'deploy/b.yaml': `# +argocd:skip-file-rendering\n${configMap}` });
    expect(await renderDirectory(reader, 'deploy', {}, { maxBytes: 10_000 })).toEqual([]);
  });

  it('stops at the size limit', async () => {
    await expect(
      renderDirectory(treeOf({ 'deploy/a.yaml': configMap }), 'deploy', {}, { maxBytes: 10 }),
    ).rejects.toThrow('larger than 10 bytes');
  });

  it('says that jsonnet is missing', async () => {
    await expect(renderDirectory(treeOf({ 'deploy/a.jsonnet': '{}' }), 'deploy', {}, { maxBytes: 10 })).rejects.toThrow(
      'deploy/a.jsonnet: is Jsonnet, and no jsonnet binary is installed for the renderer. Install jsonnet',
    );
  });
});

describe('renderInputs', () => {
  it('follows kustomize bases, components, patches and generators out of the directory', async () => {
    const reader = treeOf({
      'apps/web/overlays/prod/kustomization.yaml': [
        'resources: [../../base, ../../../stock/one.yaml]',
        'components: [../../components/tls]',
        'patches: [{path: ../../patches/p.yaml}, {patch: "inline"}]',
        'configMapGenerator: [{name: c, files: [key=../../files/f.txt], envs: [own.env]}]',
      ].join('\n'),
      'apps/web/base/kustomization.yaml': 'resources: [deployment.yaml, ../../lib]',
      'apps/web/base/deployment.yaml': '',
      'apps/lib/kustomization.yaml': 'resources: []',
      'apps/web/components/tls/kustomization.yaml': '',
      'apps/web/patches/p.yaml': '',
      'apps/web/files/f.txt': '',
      'apps/stock/one.yaml': '',
    });
    const inputs = await renderInputs(reader, { ...source, path: 'apps/web/overlays/prod' }, 'Kustomize');
    expect(inputs).toEqual({
      paths: [
        'apps/lib',
        'apps/stock/one.yaml',
        'apps/web/base',
        'apps/web/components/tls',
        'apps/web/files/f.txt',
        'apps/web/overlays/prod',
        'apps/web/patches/p.yaml',
      ],
      boundToRevision: false,
    });
  });

  it('is bound to the commit when something remote or a link is read', async () => {
    const remote = treeOf({ 'deploy/kustomization.yaml': 'resources: ["https://github.com/org/repo//base?ref=main"]' });
    expect((await renderInputs(remote, source, 'Kustomize')).boundToRevision).toBe(true);
    const host = treeOf({ 'deploy/kustomization.yaml': 'resources: ["github.com/org/repo/base"]' });
    expect((await renderInputs(host, source, 'Kustomize')).boundToRevision).toBe(true);
    expect(
      (await renderInputs(treeOf({ 'deploy/a.yaml': '' }, ['deploy/l']), source, 'Directory')).boundToRevision,
    ).toBe(true);
  });

  it('survives kustomizations that refer to each other', async () => {
    const reader = treeOf({
      'deploy/kustomization.yaml': 'resources: [../other]',
      'other/kustomization.yaml': 'resources: [../deploy]',
    });
    expect((await renderInputs(reader, source, 'Kustomize')).paths).toEqual(['deploy', 'other']);
  });

  it('follows local chart dependencies and takes value files along', async () => {
    const reader = treeOf({
      'charts/web/Chart.yaml':
        'dependencies: [{name: lib, repository: "file://../lib"}, {name: far, repository: "https://x"}]',
      'charts/lib/Chart.yaml': 'name: lib',
      'values/prod.yaml': '',
    });
    const inputs = await renderInputs(reader, { ...source, path: 'charts/web' }, 'Helm', ['values/prod.yaml']);
    expect(inputs.paths).toEqual(['charts/lib', 'charts/web', 'values/prod.yaml']);
  });
});

describe('contentKey', () => {
  const request = {
    application: { name: 'web', namespace: 'argocd', instanceName: 'web', project: 'default' },
    destinationNamespace: 'shop',
    kubeVersion: '1.34',
    apiVersions: ['v1'],
    options: { ...enabled, jsonnet: { enabled: true }, maxDirectoryManifestBytes: 1, timeoutSeconds: 90 },
  };
  const helm: ContentKeySource = {
    source: { ...source, targetRevision: 'main' },
    type: 'Helm',
    revision: 'aaa',
    inputs: [{ path: 'deploy', id: 't1' }],
    boundToRevision: false,
  };
  const key = (change: Partial<ContentKeySource>, facts: Partial<typeof request> = {}, tools = { helm: '4.1' }) =>
    contentKey({ ...request, ...facts }, [{ ...helm, ...change }], tools);

  it('does not depend on the commit or the branch when nothing read has changed', async () => {
    expect(await key({ revision: 'bbb', source: { ...source, targetRevision: 'other' } })).toBe(await key({}));
  });

  it.each<[string, Parameters<typeof key>]>([
    ['content', [{ inputs: [{ path: 'deploy', id: 't2' }] }]],
    ['a parameter', [{ source: { ...source, helm: { values: 'a: 1' } } }]],
    ['the namespace', [{}, { destinationNamespace: 'other' }]],
    ['the version of the cluster', [{}, { kubeVersion: '1.35' }]],
    ['the version of the tool', [{}, {}, { helm: '4.2' }]],
    ['the application', [{}, { application: { ...request.application, name: 'api' } }]],
  ])('changes with %s', async (_what, change) => {
    expect(await key(...change)).not.toBe(await key({}));
  });

  it('depends on the commit where something is bound to it or a parameter mentions it', async () => {
    expect(await key({ boundToRevision: true })).not.toBe(await key({ boundToRevision: true, revision: 'bbb' }));
    const mentions = { source: { ...source, helm: { parameters: [{ name: 'v', value: '$ARGOCD_APP_REVISION' }] } } };
    expect(await key(mentions)).not.toBe(await key({ ...mentions, revision: 'bbb' }));
  });

  it('of a plain directory does not depend on the cluster', async () => {
    expect(await key({ type: 'Directory' }, { kubeVersion: '1.35' })).toBe(await key({ type: 'Directory' }));
  });
});

it('substitutes the build environment as Argo CD does', () => {
  const environment = buildEnvironment({
    application: { name: 'web', project: 'default' },
    destinationNamespace: 'shop',
    source,
    revision: '0123456789abcdef',
  });
  expect(substituteEnvironment(`$ARGOCD_APP_NAME-\${ARGOCD_APP_REVISION_SHORT} $$HOME [$UNKNOWN]`, environment)).toBe(
    'web-0123456 $HOME []',
  );
});

it.each([
  ['a/b', '../c', 'a/c'],
  ['a', './b/../c/', 'a/c'],
  ['a', '/root', 'root'],
  ['a', '../../x', undefined],
  ['', '.', ''],
])('joinPath(%s, %s) is %s', (directory, path, expected) => {
  expect(joinPath(directory, path)).toBe(expected);
});
