import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiServerError, type KubeconfigClient, openKubeconfig } from '@lockstep/embedded';
import { type Sandbox, startSandbox } from '@lockstep/sandbox';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Stored {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
  [field: string]: unknown;
}

const root = path.join(import.meta.dirname, '../../..');
const kinds = [
  { kind: 'Application', plural: 'applications' },
  { kind: 'AppProject', plural: 'appprojects' },
  { kind: 'ApplicationSet', plural: 'applicationsets' },
];

let sandbox: Sandbox;
let cluster: KubeconfigClient;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'lockstep-definitions-'));
  const kubeconfigPath = path.join(directory, 'kubeconfig');
  sandbox = await startSandbox({ name: 'in-cluster', controllers: false, kubeconfigPath });
  cluster = await openKubeconfig(kubeconfigPath);
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'argocd' } });
  for (const file of readdirSync(path.join(root, 'deploy/crds'))) {
    const definition = load(readFileSync(path.join(root, 'deploy/crds', file), 'utf8'));
    await cluster.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  }
});
afterAll(async () => {
  await cluster?.close();
  await sandbox?.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('an API server with the definitions', () => {
  it.each(kinds)('stores every field of $kind that is created', async ({ kind, plural }) => {
    const object = withName(everyField(kind), 'created');
    await cluster.request('POST', `${collection(plural)}?fieldValidation=Strict`, object);
    await writeStatus(plural, object);
    expect(await stored(plural, 'created')).toEqual(object);
  });

  it.each(kinds)('stores every field of $kind that is applied', async ({ kind, plural }) => {
    const object = withName(everyField(kind), 'applied');
    await cluster.request(
      'PATCH',
      `${collection(plural)}/applied?fieldManager=test&fieldValidation=Strict`,
      object,
      'application/apply-patch+yaml',
    );
    await writeStatus(plural, object);
    expect(await stored(plural, 'applied')).toEqual(object);
  });

  it('refuses an application without a project, a destination or a repository', async () => {
    const source = { path: 'shop' };
    await expect(create('applications', { spec: { source } })).rejects.toThrow(
      '[spec.project: Required value, spec.destination: Required value, spec.source.repoURL: Required value]',
    );
  });

  it('tells of a field that no generator has, and takes one that its provider may know', async () => {
    const set = (generator: object) => ({
      spec: {
        generators: [{ matrix: { generators: [generator] } }],
        template: { metadata: {}, spec: { project: 'shop', destination: {} } },
      },
    });
    await expect(create('applicationsets', set({ clusters: { selectors: {} } }))).rejects.toThrow(
      /unknown field .*spec\.generators\[0\]\.matrix\.generators\[0\]\.clusters\.selectors/,
    );
    const github = { organization: 'shop', fieldOfALaterRelease: 'kept' };
    await create('applicationsets', set({ scmProvider: { github } }));
    const { spec } = await stored('applicationsets', 'tried');
    expect(spec).toEqual(set({ scmProvider: { github } }).spec);
  });

  it('refuses a value of the wrong type inside a provider', async () => {
    const template = { metadata: {}, spec: { project: 'shop', destination: {} } };
    const spec = { generators: [{ pullRequest: { github: { owner: 'shop', repo: 7 } } }], template };
    await expect(create('applicationsets', { spec })).rejects.toThrow(ApiServerError);
  });
});

/** The object of core's fixture; a set creates the application of the other fixture. */
function everyField(kind: string): Stored {
  const object = fixture(kind);
  if (kind !== 'ApplicationSet') return object;
  const template = { ...(object.spec['template'] as object), spec: fixture('Application').spec };
  return { ...object, spec: { ...object.spec, template } };
}

function fixture(kind: string): Stored {
  const folder = path.join(root, 'packages/core/src/application/fixtures');
  return load(readFileSync(path.join(folder, `${kind.toLowerCase()}-every-field.yaml`), 'utf8')) as Stored;
}

function withName(object: Stored, name: string): Stored {
  return { ...object, metadata: { ...object.metadata, name } };
}

function collection(plural: string): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/argocd/${plural}`;
}

async function create(plural: string, body: object): Promise<void> {
  const kind = kinds.find((known) => known.plural === plural)?.kind;
  const object = { apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name: 'tried' }, ...body };
  await cluster.request('POST', `${collection(plural)}?fieldValidation=Strict`, object);
}

/** The status of a kind with a status subresource is not taken with the object. */
async function writeStatus(plural: string, { metadata, status }: Stored): Promise<void> {
  if (plural !== 'applicationsets') return;
  await cluster.request(
    'PATCH',
    `${collection(plural)}/${String(metadata['name'])}/status?fieldValidation=Strict`,
    { status },
    'application/merge-patch+json',
  );
}

/** What was read back, without what the API server adds. */
async function stored(plural: string, name: string): Promise<Stored> {
  const object = (await cluster.get(`${collection(plural)}/${name}`)) as Stored;
  const { uid, resourceVersion, generation, creationTimestamp, managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
