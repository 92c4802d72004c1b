import { isDeepStrictEqual } from 'node:util';
import {
  ANNOTATION_LAST_APPLIED,
  type Application,
  type ApplicationKey,
  type ApplicationSpec,
  ClusterError,
  projectNameOf,
  specProblems,
} from '@lockstep/core';
import type { ApiContext } from '../api/api-context.ts';
import { ApiError, permissionDenied } from '../api/api-error.ts';
import type { Authorizer } from '../api/authorizer.ts';
import type { Identity } from '../auth/identity.ts';
import type { ApplicationStore } from '../store/application-store.ts';

const ATTEMPTS = 10;

export interface ApplicationWriter {
  store: ApplicationStore;
  authorizer: Authorizer;
  collections: ApiContext['collections'];
  clusters: ApiContext['clusters'];
  namespace: string;
}

/**
 * Creates an application. One that exists and is equal is answered as it is; a different one is replaced only with
 * `upsert` and the permission to update. What only the controller may write (`status`, `operation`) is dropped.
 */
export async function createApplication(
  writer: ApplicationWriter,
  wanted: Application,
  { upsert, validate, identity }: { upsert: boolean; validate: boolean; identity: Identity },
): Promise<Application> {
  const application = acceptedFields(wanted, writer.namespace);
  const key = { namespace: application.metadata.namespace ?? '', name: application.metadata.name ?? '' };
  if (!writer.store.serves(key.namespace)) throw permissionDenied();
  await writer.authorizer.require(identity, 'applications', 'create', writer.authorizer.objectOf(application));
  if (validate) validateSpec(writer, application);
  try {
    return await writer.store.create(application);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.reason !== 'AlreadyExists') throw error;
  }
  const existing = await writer.store.read(key);
  if (existing === undefined) throw new ApiError('Aborted', `application ${key.name} was deleted meanwhile`);
  // Whoever may create somewhere must not learn what another project's application of that name looks like.
  await writer.authorizer.require(identity, 'applications', 'get', writer.authorizer.objectOf(existing));
  if (isSameIntent(existing, application)) return existing;
  if (!upsert) {
    throw new ApiError('InvalidArgument', 'existing application spec is different, use upsert flag to force update');
  }
  return updateApplication(writer, key, () => application, { validate: false, identity });
}

/**
 * Changes an application by a function of its current state; asked again when somebody else wrote meanwhile. Only
 * specification, labels, annotations and finalizers can change. Moving to another project needs rights in both.
 */
export async function updateApplication(
  writer: ApplicationWriter,
  key: ApplicationKey,
  change: (current: Application) => Application,
  { validate, identity }: { validate: boolean; identity: Identity },
): Promise<Application> {
  for (let attempt = 1; ; attempt += 1) {
    const current = await writer.store.read(key);
    if (current === undefined) throw permissionDenied();
    await writer.authorizer.require(identity, 'applications', 'update', writer.authorizer.objectOf(current));
    const wanted = acceptedFields(change(current), writer.namespace);
    const next: Application = {
      ...current,
      metadata: {
        ...current.metadata,
        labels: wanted.metadata.labels ?? {},
        annotations: wanted.metadata.annotations ?? {},
        finalizers: wanted.metadata.finalizers ?? [],
      },
      spec: wanted.spec,
    };
    if (projectNameOf(next.spec) !== projectNameOf(current.spec)) {
      await writer.authorizer.require(identity, 'applications', 'create', writer.authorizer.objectOf(next));
    }
    if (validate) validateSpec(writer, next);
    if (isSameIntent(current, next)) return current;
    try {
      return await writer.store.replace(next);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== 'Conflict' || attempt >= ATTEMPTS) throw error;
    }
  }
}

function validateSpec({ collections, clusters, namespace }: ApplicationWriter, application: Application): void {
  const problems = specProblems({
    application,
    project: collections.projects.get(namespace, projectNameOf(application.spec)),
    clusters: clusters.facts(),
    controlPlaneNamespace: namespace,
  });
  if (problems.length === 0) return;
  throw new ApiError(
    'InvalidArgument',
    `application spec for ${application.metadata.name ?? ''} is invalid: ${problems.map(({ type, message }) => `${type}: ${message}`).join(';')}`,
  );
}

/** What a caller may set, with the defaults the controller would write. */
function acceptedFields({ metadata, spec }: Application, namespace: string): Application {
  const { name, generateName, labels, annotations, finalizers } = metadata;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(generateName === undefined ? {} : { generateName }),
      namespace: metadata.namespace || namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    spec: { ...spec, project: projectNameOf(spec) } satisfies ApplicationSpec,
  };
}

function isSameIntent(a: Application, b: Application): boolean {
  return isDeepStrictEqual(intent(a), intent(b));
}

function intent({ metadata, spec }: Application): unknown {
  const { [ANNOTATION_LAST_APPLIED]: _lastApplied, ...annotations } = metadata.annotations ?? {};
  return {
    spec: { ...spec, project: projectNameOf(spec) },
    labels: metadata.labels ?? {},
    annotations,
    finalizers: metadata.finalizers ?? [],
  };
}
