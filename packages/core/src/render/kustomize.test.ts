import { describe, expect, it } from 'vitest';
import type { KustomizeSource } from '../application/source.ts';
import {
  hasKustomizeEdits,
  kustomizeBuildArguments,
  kustomizeEdits,
  kustomizeVersionOptions,
  parseImageOverride,
} from './kustomize.ts';

function edit(before: Record<string, unknown>, kustomize: KustomizeSource): Record<string, unknown> {
  return kustomizeEdits(before, kustomize, {
    environment: { ARGOCD_APP_NAME: 'web' },
    componentExists: (path) => path !== 'missing',
    file: 'deploy/kustomization.yaml',
  });
}

it.each([
  ['nginx:1.2', { name: 'nginx', newTag: '1.2' }],
  ['nginx=registry:5000/team/nginx:1.2', { name: 'nginx', newName: 'registry:5000/team/nginx', newTag: '1.2' }],
  ['nginx@sha256:abc', { name: 'nginx', digest: 'sha256:abc' }],
  ['registry:5000/nginx', { name: 'registry:5000/nginx' }],
  ['nginx=other', { name: 'nginx', newName: 'other' }],
  ['nginx=*:2', { name: 'nginx', newTag: '2' }],
])('image override %s is %j', (text, expected) => {
  expect(parseImageOverride(text)).toEqual(expected);
});

describe('kustomizeEdits', () => {
  it('replaces names, adds what is new and leaves the rest', () => {
    expect(
      edit({ resources: ['a.yaml'], namePrefix: 'old-' }, { namePrefix: 'new-', nameSuffix: '-x', namespace: 'shop' }),
    ).toEqual({
      resources: ['a.yaml'],
      namePrefix: 'new-',
      nameSuffix: '-x',
      namespace: 'shop',
    });
  });

  it('merges an image of the same name, and a tag replaces a digest', () => {
    const before = { images: [{ name: 'nginx', newName: 'mirror/nginx', digest: 'sha256:abc' }] };
    expect(edit(before, { images: ['nginx:2'] })['images']).toEqual([
      { name: 'nginx', newName: 'mirror/nginx', newTag: '2' },
    ]);
  });

  it('sets replicas as numbers and refuses anything else', () => {
    expect(edit({}, { replicas: [{ name: 'web', count: '3' }] })['replicas']).toEqual([{ name: 'web', count: 3 }]);
    expect(() => edit({}, { replicas: [{ name: 'web', count: 'many' }] })).toThrow('the count of web is "many"');
  });

  it('refuses to overwrite labels unless forced', () => {
    const before = { commonLabels: { team: 'a' } };
    expect(() => edit(before, { commonLabels: { team: 'b' } })).toThrow(
      'deploy/kustomization.yaml: label team already in kustomization file. Set kustomize.forceCommonLabels: true',
    );
    expect(edit(before, { commonLabels: { team: 'b' }, forceCommonLabels: true })['commonLabels']).toEqual({
      team: 'b',
    });
  });

  it('writes labels without selectors as kustomize wants them', () => {
    expect(
      edit({}, { commonLabels: { a: 'b' }, labelWithoutSelector: true, labelIncludeTemplates: true })['labels'],
    ).toEqual([{ pairs: { a: 'b' }, includeTemplates: true }]);
  });

  it('substitutes the build environment in annotations only when asked', () => {
    const commonAnnotations = { app: '$ARGOCD_APP_NAME' };
    expect(edit({}, { commonAnnotations })['commonAnnotations']).toEqual({ app: '$ARGOCD_APP_NAME' });
    expect(edit({}, { commonAnnotations, commonAnnotationsEnvsubst: true })['commonAnnotations']).toEqual({
      app: 'web',
    });
  });

  it('adds patches and components, leaving out missing components when allowed', () => {
    const edited = edit(
      { patches: [{ path: 'a' }] },
      { patches: [{ path: 'b' }], components: ['c', 'missing'], ignoreMissingComponents: true },
    );
    expect(edited).toEqual({ patches: [{ path: 'a' }, { path: 'b' }], components: ['c'] });
  });

  it('does not change its input', () => {
    const before = { images: [{ name: 'a', newTag: '1' }] };
    edit(before, { images: ['a:2'] });
    expect(before).toEqual({ images: [{ name: 'a', newTag: '1' }] });
  });
});

it('knows whether there is anything to edit', () => {
  expect(hasKustomizeEdits(undefined)).toBe(false);
  expect(hasKustomizeEdits({ version: '5', images: [] })).toBe(false);
  expect(hasKustomizeEdits({ namePrefix: 'a-' })).toBe(true);
});

it('builds with the configured options, and tells helm the versions only with --enable-helm', () => {
  const input = { path: '.', standalone: true, kubeVersion: '1.34', apiVersions: ['v1'] };
  expect(kustomizeBuildArguments({ ...input, buildOptions: '--load-restrictor  LoadRestrictionsNone' })).toEqual([
    'build',
    '.',
    '--load-restrictor',
    'LoadRestrictionsNone',
  ]);
  expect(kustomizeBuildArguments({ ...input, standalone: false, buildOptions: '--enable-helm' })).toEqual([
    'kustomize',
    '.',
    '--enable-helm',
    '--helm-kube-version',
    '1.34',
    '--helm-api-versions',
    'v1',
  ]);
});

it('refuses a version that is not configured', () => {
  const settings = { buildOptions: '--x', versions: { v5: { path: '/bin/kustomize5' } } };
  expect(kustomizeVersionOptions({ version: 'v5' }, settings)).toEqual({
    path: '/bin/kustomize5',
    buildOptions: '--x',
  });
  expect(() => kustomizeVersionOptions({ version: 'v4' }, settings)).toThrow('Add kustomize.path.v4 to argocd-cm');
});
