import { describe, expect, it } from 'vitest';
import type { AppProject } from './app-project.ts';
import type { Application, ApplicationSpec } from './application.ts';
import { specProblems } from './validate-spec.ts';

const project: AppProject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'default' },
  spec: { sourceRepos: ['https://git.example.com/**'], destinations: [{ server: '*', namespace: 'web' }] },
};
const clusters = [
  { server: 'https://kubernetes.default.svc', name: 'in-cluster' },
  { server: 'https://one', name: 'twin' },
  { server: 'https://two', name: 'twin' },
];
const good: ApplicationSpec = {
  project: 'default',
  source: { repoURL: 'https://git.example.com/team/app', path: 'web' },
  destination: { server: 'https://kubernetes.default.svc', namespace: 'web' },
};

function messages(spec: Partial<ApplicationSpec>, project_: AppProject | undefined = project): string[] {
  const application: Application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'argocd' },
    spec: { ...good, ...spec },
  };
  return specProblems({ application, project: project_, clusters, controlPlaneNamespace: 'argocd' }).map(
    (condition) => condition.message,
  );
}

describe('specProblems', () => {
  it('finds nothing wrong with a good specification', () => {
    expect(messages({})).toEqual([]);
  });

  it.each<[string, Partial<ApplicationSpec>, RegExp]>([
    [
      'both server and name',
      { destination: { server: 'https://kubernetes.default.svc', name: 'in-cluster', namespace: 'web' } },
      /^application destination can't have both name and server defined: in-cluster https:\/\/kubernetes.default.svc\. Remove/,
    ],
    [
      'neither server nor name',
      { destination: { namespace: 'web' } },
      /^Destination server missing from app spec\. Set/,
    ],
    [
      'an unknown cluster',
      { destination: { name: 'moon', namespace: 'web' } },
      /^there are no clusters with this name: moon\. /,
    ],
    [
      'an ambiguous cluster',
      { destination: { name: 'twin', namespace: 'web' } },
      /^there are 2 clusters with the same name/,
    ],
    [
      'a missing path',
      { source: { repoURL: 'https://git.example.com/team/app' } },
      /^spec\.source\.repoURL and either spec\.source\.path or spec\.source\.chart are required\. Set spec\.source\.path/,
    ],
    ['no source at all', { source: undefined as never }, /^spec\.source\.repoURL and either/],
    [
      'a chart without version',
      { source: { repoURL: 'https://git.example.com/charts', chart: 'redis' } },
      /^spec\.source\.targetRevision is required if the manifest source is a helm chart/,
    ],
    [
      'a repository outside the project',
      { source: { repoURL: 'https://elsewhere/app', path: '.' } },
      /^application repo https:\/\/elsewhere\/app is not permitted in project 'default'/,
    ],
    [
      'a namespace outside the project',
      { destination: { server: 'https://kubernetes.default.svc', namespace: 'kube-system' } },
      /^application destination server 'https:\/\/kubernetes.default.svc' and namespace 'kube-system' do not match any of the allowed destinations in project 'default'/,
    ],
    [
      'a path that leaves the repository',
      { source: { ...good.source, path: '../etc' } as never },
      /leaves the repository/,
    ],
    [
      'two kinds of source',
      { source: { ...good.source, helm: { releaseName: 'x' }, kustomize: { namePrefix: 'y' } } as never },
      /^multiple application sources defined: helm,kustomize/,
    ],
    [
      'an argument in disguise',
      { source: { ...good.source, targetRevision: '--upload-pack=x' } as never },
      /characters that are not allowed/,
    ],
  ])('names the fix for %s', (_title, spec, expected) => {
    expect(messages(spec)).toEqual([expect.stringMatching(expected)]);
  });

  it('says that the project does not exist', () => {
    const application = {
      apiVersion: '',
      kind: '',
      metadata: { name: 'a', namespace: 'argocd' },
      spec: { ...good, project: 'gone' },
    };
    const [condition] = specProblems({ application, project: undefined, clusters, controlPlaneNamespace: 'argocd' });
    expect(condition).toEqual({
      type: 'InvalidSpecError',
      message: expect.stringMatching(/^Application referencing project gone which does not exist\. Create/),
    });
  });

  it('refuses two sources with the same ref', () => {
    const source = { repoURL: 'https://git.example.com/a', ref: 'values' };
    expect(messages({ sources: [source, source] })).toEqual([
      'ref "values" is used by more than one source. Give each source its own ref',
    ]);
  });
});
