import { describe, expect, it } from 'vitest';
import type { HelmSource } from '../application/source.ts';
import {
  helmTemplateArguments,
  inlineHelmValues,
  isMissingDependency,
  pathsOutside,
  resolveHelmFiles,
} from './helm.ts';
import type { TreeReader } from './tree-reader.ts';

function repository(paths: string[]): TreeReader {
  return {
    list(directory) {
      const prefix = directory === '' ? '' : `${directory}/`;
      const names = new Map<string, 'file' | 'directory'>();
      for (const path of paths) {
        if (!path.startsWith(prefix)) continue;
        const [name = '', ...rest] = path.slice(prefix.length).split('/');
        names.set(name, rest.length > 0 ? 'directory' : 'file');
      }
      return Promise.resolve([...names].map(([name, type]) => ({ name, type, id: name })));
    },
    readFile: () => Promise.resolve(''),
    hasLinks: () => Promise.resolve(false),
  };
}

const own = repository(['chart/values-prod.yaml', 'chart/env/a.yaml', 'chart/env/b.yaml', 'common/all.yaml']);
const refs = { values: repository(['teams/web.yaml']) };
const context = { environment: { ARGOCD_APP_NAME: 'prod' }, valuesFileSchemes: ['https'] };

function resolve(helm: HelmSource) {
  return resolveHelmFiles({ repoURL: 'https://x', path: 'chart', helm }, { own, refs }, context);
}

async function paths(valueFiles: string[], more: HelmSource = {}): Promise<string[]> {
  const files = await resolve({ valueFiles, ...more });
  return files.valueFiles.map((file) => (file.from === 'url' ? file.url : `${file.ref ?? ''}:${file.path}`));
}

describe('resolveHelmFiles', () => {
  it.each([
    [['values-prod.yaml'], [':chart/values-prod.yaml']],
    [['values-$ARGOCD_APP_NAME.yaml'], [':chart/values-prod.yaml']],
    [['/common/all.yaml'], [':common/all.yaml']],
    [['../common/all.yaml'], [':common/all.yaml']],
    [['$values/teams/web.yaml'], ['values:teams/web.yaml']],
    [['https://example.com/v.yaml'], ['https://example.com/v.yaml']],
    [['env/*.yaml'], [':chart/env/a.yaml', ':chart/env/b.yaml']],
    [
      ['env/*.yaml', 'env/a.yaml'],
      [':chart/env/b.yaml', ':chart/env/a.yaml'],
    ],
    [['/**/all.yaml'], [':common/all.yaml']],
  ])('%j is %j', async (entries, expected) => {
    expect(await paths(entries)).toEqual(expected);
  });

  it.each([
    [['missing.yaml'], /value file missing\.yaml does not exist\. Correct helm\.valueFiles/],
    [['../../etc/passwd'], /outside of the repository/],
    [['file:///etc/passwd'], /the URL scheme 'file' is not allowed\. Use one of https/],
    [['$other/a.yaml'], /no source has a 'ref' field with the value other/],
  ])('refuses %j', async (entries, expected) => {
    await expect(paths(entries)).rejects.toThrow(expected);
  });

  it('skips missing files when asked to', async () => {
    expect(await paths(['missing.yaml', 'values-prod.yaml'], { ignoreMissingValueFiles: true })).toEqual([
      ':chart/values-prod.yaml',
    ]);
  });

  it('tells which files lie outside of the path', async () => {
    const files = await resolve({ valueFiles: ['values-prod.yaml', '/common/all.yaml', '$values/teams/web.yaml'] });
    expect(pathsOutside(files, 'chart')).toEqual([
      { path: 'common/all.yaml' },
      { path: 'teams/web.yaml', ref: 'values' },
    ]);
  });
});

describe('helmTemplateArguments', () => {
  function args(
    helm: HelmSource | undefined,
    more: Partial<Parameters<typeof helmTemplateArguments>[0]> = {},
  ): string[] {
    return helmTemplateArguments({
      helm,
      applicationName: 'web',
      namespace: 'shop',
      kubeVersion: '1.34.3',
      apiVersions: ['apps/v1'],
      files: { valueFiles: [], fileParameters: [] },
      localPath: (file) => (file.from === 'url' ? file.url : `/w/${file.path}`),
      environment: context.environment,
      ...more,
    });
  }

  it('has names, versions and CRDs by default', () => {
    expect(args(undefined)).toEqual([
      'template',
      '.',
      '--name-template',
      'web',
      '--namespace',
      'shop',
      '--kube-version',
      '1.34.3',
      '--api-versions',
      'apps/v1',
      '--include-crds',
    ]);
  });

  it('passes parameters escaped, files by path, inline values last', () => {
    const given = args(
      {
        releaseName: 'r',
        parameters: [
          { name: 'a', value: 'x,y' },
          { name: 'b', value: '{1,2}' },
          { name: 'c', value: '$ARGOCD_APP_NAME', forceString: true },
        ],
        skipCrds: true,
        skipTests: true,
        skipSchemaValidation: true,
        kubeVersion: '1.30',
        apiVersions: ['custom/v1'],
        namespace: 'other',
      },
      {
        files: {
          valueFiles: [{ from: 'repository', path: 'v.yaml' }],
          fileParameters: [{ name: 'f', file: { from: 'repository', path: 'f.txt' } }],
        },
        inlineValuesPath: '/w/inline.yaml',
      },
    );
    expect(given.join(' ')).toBe(
      'template . --name-template r --namespace other --kube-version 1.30 --set a=x\\,y --set b={1,2} --set-string c=prod --set-file f=/w/f.txt --values /w/v.yaml --values /w/inline.yaml --api-versions custom/v1 --skip-schema-validation --skip-tests',
    );
  });
});

it('prefers the object over the text of inline values', () => {
  expect(inlineHelmValues({ values: 'a: text', valuesObject: { a: 'object' } })).toBe('a: object\n');
  expect(inlineHelmValues({ values: '' })).toBeUndefined();
});

it('recognises a chart whose dependencies were not fetched', () => {
  expect(isMissingDependency('found in Chart.yaml, but missing in charts/ directory: redis')).toBe(true);
  expect(isMissingDependency('parse error')).toBe(false);
});
