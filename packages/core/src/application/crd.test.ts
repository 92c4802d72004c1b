import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { customResourceDefinitions } from './crd.ts';

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
}

function specOf(kind: string) {
  const found = customResourceDefinitions().find(
    (definition) => (definition['spec'] as { names: { kind: string } }).names.kind === kind,
  );
  return (found as KubernetesObject)['spec'] as {
    names: { plural: string; shortNames: string[]; listKind: string };
    versions: {
      additionalPrinterColumns?: { name: string; priority?: number }[];
      subresources?: object;
      schema: { openAPIV3Schema: Schema };
    }[];
  };
}

function schemaOf(kind: string): Schema {
  return (specOf(kind).versions[0] as { schema: { openAPIV3Schema: Schema } }).schema.openAPIV3Schema;
}

/** What the API server drops: every field the schema does not know. */
function lost(schema: Schema, value: unknown, path = ''): string[] {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
  if (Array.isArray(value))
    return schema.items === undefined
      ? [path]
      : value.flatMap((item, index) => lost(schema.items as Schema, item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return schema.properties === undefined ? [] : [path];
  return Object.entries(value).flatMap(([key, member]) => {
    const property = schema.properties?.[key] ?? schema.additionalProperties;
    return property === undefined ? [`${path}.${key}`] : lost(property, member, `${path}.${key}`);
  });
}

const source = {
  repoURL: 'https://x',
  path: 'p',
  targetRevision: 'main',
  chart: 'c',
  ref: 'r',
  name: 'n',
  helm: {
    valueFiles: ['a'],
    ignoreMissingValueFiles: true,
    values: 'a',
    valuesObject: { any: { thing: [1] } },
    parameters: [{ name: 'a', value: 'b', forceString: true }],
    fileParameters: [{ name: 'a', path: 'b' }],
    releaseName: 'r',
    namespace: 'n',
    version: 'v3',
    passCredentials: true,
    skipCrds: true,
    skipTests: true,
    skipSchemaValidation: true,
    kubeVersion: '1',
    apiVersions: ['v1'],
  },
  kustomize: {
    namePrefix: 'a',
    nameSuffix: 'b',
    images: ['a'],
    replicas: [{ name: 'a', count: '3' }],
    commonLabels: { a: 'b' },
    forceCommonLabels: true,
    labelWithoutSelector: true,
    labelIncludeTemplates: true,
    commonAnnotations: { a: 'b' },
    forceCommonAnnotations: true,
    commonAnnotationsEnvsubst: true,
    namespace: 'n',
    patches: [
      {
        path: 'p',
        patch: 'x',
        target: {
          group: 'g',
          version: 'v',
          kind: 'k',
          name: 'n',
          namespace: 'ns',
          labelSelector: 'l',
          annotationSelector: 'a',
        },
        options: { allowNameChange: true },
      },
    ],
    components: ['c'],
    ignoreMissingComponents: true,
    version: 'v5',
    kubeVersion: '1',
    apiVersions: ['v1'],
  },
  directory: {
    recurse: true,
    include: 'a',
    exclude: 'b',
    jsonnet: { extVars: [{ name: 'a', value: 'b', code: true }], tlas: [{ name: 'a', value: 'b' }], libs: ['l'] },
  },
  plugin: {
    name: 'p',
    env: [{ name: 'a', value: 'b' }],
    parameters: [{ name: 'a', string: 's', array: ['a'], map: { a: 'b' } }],
  },
};

describe('the definitions', () => {
  it('have the names by which people know them', () => {
    expect(customResourceDefinitions().map(({ metadata }) => metadata.name)).toEqual([
      'applications.argoproj.io',
      'appprojects.argoproj.io',
      'applicationsets.argoproj.io',
    ]);
    expect(specOf('Application').names).toMatchObject({ shortNames: ['app', 'apps'], listKind: 'ApplicationList' });
    expect(specOf('AppProject').names.shortNames).toContain('appproj');
    expect(specOf('ApplicationSet').names.shortNames).toContain('appset');
  });

  it('of Application shows status and health, and has no status subresource', () => {
    const [version] = specOf('Application').versions;
    expect(
      version?.additionalPrinterColumns?.filter(({ priority }) => priority === undefined).map(({ name }) => name),
    ).toEqual(['Sync Status', 'Health Status']);
    expect(version?.subresources).toEqual({});
  });

  it('lose no field of an Application', () => {
    const sync = {
      status: 'Synced',
      revision: 'a',
      revisions: ['a'],
      comparedTo: { source, sources: [source], destination: { server: 's' }, ignoreDifferences: [{ kind: 'k' }] },
    };
    const operation = {
      sync: {
        revision: 'a',
        revisions: ['a'],
        source,
        sources: [source],
        prune: true,
        dryRun: true,
        syncStrategy: { apply: { force: true }, hook: { force: true } },
        resources: [{ group: 'g', kind: 'k', name: 'n', namespace: 'ns' }],
        manifests: ['{}'],
        syncOptions: ['a'],
        autoHealAttemptsCount: 1,
      },
      initiatedBy: { username: 'u', automated: true },
      info: [{ name: 'a', value: 'b' }],
      retry: { limit: 1, refresh: true, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } },
    };
    const application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      spec: {
        project: 'default',
        destination: { server: 's', name: 'n', namespace: 'ns' },
        source,
        sources: [source],
        sourceHydrator: {
          drySource: { repoURL: 'r', path: 'p', targetRevision: 't', helm: source.helm },
          syncSource: { targetBranch: 'b', path: 'p' },
          hydrateTo: { targetBranch: 'b' },
        },
        syncPolicy: {
          automated: { prune: true, selfHeal: true, allowEmpty: true, enabled: true },
          syncOptions: ['a'],
          retry: operation.retry,
          managedNamespaceMetadata: { labels: { a: 'b' }, annotations: { a: 'b' } },
        },
        ignoreDifferences: [
          {
            group: 'g',
            kind: 'k',
            name: 'n',
            namespace: 'ns',
            jsonPointers: ['/a'],
            jqPathExpressions: ['.a'],
            managedFieldsManagers: ['m'],
          },
        ],
        info: [{ name: 'a', value: 'b' }],
        revisionHistoryLimit: 3,
      },
      operation,
      status: {
        sync,
        health: { status: 'Healthy', message: 'm', lastTransitionTime: 't' },
        resources: [
          {
            group: 'g',
            version: 'v',
            kind: 'k',
            namespace: 'ns',
            name: 'n',
            status: 'Synced',
            health: { status: 'Healthy' },
            hook: true,
            requiresPruning: true,
            requiresDeletionConfirmation: true,
            syncWave: 1,
          },
        ],
        resourceHealthSource: 'appTree',
        history: [
          {
            id: 1,
            revision: 'a',
            revisions: ['a'],
            source,
            sources: [source],
            deployStartedAt: 't',
            deployedAt: 't',
            initiatedBy: { automated: true },
          },
        ],
        operationState: {
          operation,
          phase: 'Running',
          message: 'm',
          startedAt: 't',
          finishedAt: 't',
          retryCount: 1,
          syncResult: {
            revision: 'a',
            source,
            managedNamespaceMetadata: { labels: { a: 'b' } },
            resources: [
              {
                group: 'g',
                version: 'v',
                kind: 'k',
                namespace: 'ns',
                name: 'n',
                status: 'Synced',
                message: 'm',
                hookType: 'Sync',
                hookPhase: 'Running',
                syncPhase: 'Sync',
                images: ['i'],
              },
            ],
          },
        },
        conditions: [{ type: 'SyncError', message: 'm', lastTransitionTime: 't' }],
        summary: { externalURLs: ['u'], images: ['i'] },
        sourceType: 'Helm',
        sourceTypes: ['Helm'],
        reconciledAt: 't',
        observedAt: 't',
        controllerNamespace: 'argocd',
        sourceHydrator: {
          currentOperation: { phase: 'Hydrated', message: '', drySHA: 'a' },
          lastSuccessfulOperation: { drySHA: 'a' },
        },
      },
    };
    expect(lost(schemaOf('Application'), application)).toEqual([]);
  });

  it('lose no field of nested ApplicationSet generators', () => {
    const generators = [
      {
        list: {
          elements: [{ any: { depth: 1 } }],
          elementsYaml: 'x',
          template: { metadata: { name: 'n' }, spec: { project: 'p' } },
        },
      },
      {
        git: {
          repoURL: 'r',
          revision: 'v',
          directories: [{ path: 'p', exclude: true }],
          files: [{ path: 'p' }],
          pathParamPrefix: 'x',
          values: { a: 'b' },
          requeueAfterSeconds: 3,
        },
      },
      {
        matrix: {
          generators: [
            { clusters: { selector: { matchLabels: { a: 'b' } } } },
            { merge: { generators: [{ list: { elements: [] } }], mergeKeys: ['a'] } },
          ],
        },
      },
      {
        scmProvider: {
          github: { organization: 'o', tokenRef: { secretName: 's', key: 'k' } },
          filters: [{ repositoryMatch: 'x' }],
        },
      },
      {
        pullRequest: { gitlab: { project: 'p', labels: ['a'] } },
        selector: { matchExpressions: [{ key: 'k', operator: 'In', values: ['v'] }] },
      },
    ];
    const set = {
      spec: {
        generators,
        template: { metadata: { name: 'n' }, spec: { project: 'p', destination: {}, source } },
        strategy: {
          type: 'RollingSync',
          rollingSync: {
            steps: [{ matchExpressions: [{ key: 'k', operator: 'In', values: ['v'] }], maxUpdate: '10%' }],
          },
        },
      },
    };
    expect(lost(schemaOf('ApplicationSet'), set)).toEqual([]);
  });

  it('are written to deploy/crds as they are', () => {
    for (const definition of customResourceDefinitions()) {
      const singular = (definition['spec'] as { names: { singular: string } }).names.singular;
      const text = readFileSync(new URL(`../../../../deploy/crds/${singular}-crd.yaml`, import.meta.url), 'utf8');
      expect(load(text)).toEqual(definition);
    }
  });
});
