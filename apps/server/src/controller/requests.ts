import {
  type Application,
  type ApplicationKey,
  contentHash,
  factsOf,
  formatResourceKey,
  isOfLocalManifests,
  type KubernetesObject,
  maskSecrets,
  planApplication,
  projectNameOf,
  type ReconcileWorld,
  renderTargets,
  resolveDestination,
  resourceKeyOf,
  type SyncOperation,
  sourcesOf,
  TerminalError,
  tasksOf,
  toYaml,
} from '@lockstep/core';
import type {
  HistoryDiffAnswer,
  HistoryDiffRequest,
  ManifestsAnswer,
  ManifestsRequest,
  PlanAnswer,
  PlannedTask,
  PlanRequest,
  RevisionMetadata,
  RevisionMetadataRequest,
} from '../api/requests.ts';
import { answerCalls } from '../queues/queue-call.ts';
import { type ControllerAnswers, type ControllerRequest, requestsQueueName } from '../queues/requests-queue.ts';
import { createWorld, type WorkerParts } from './application-worker.ts';
import { Turns } from './turns.ts';

/** For each cluster and repository; those that do not answer keep no more than twice as many of the places. */
const AT_ONCE = 8;
const PLACES = 64;

/** Answers the questions of the API. Nothing here writes to a cluster. */
export async function answerRequests(
  parts: WorkerParts,
  options: { redisUrl: string; shard: number },
): Promise<AsyncDisposable> {
  const turns = new Turns(AT_ONCE);
  const worker = answerCalls<ControllerRequest, ControllerAnswers[ControllerRequest['kind']]>(
    requestsQueueName(options.shard),
    options.redisUrl,
    (request) => turns.take(subjectOf(parts, request), () => answer(parts, request)),
    { concurrency: PLACES, onError: (error) => parts.logger.debug({ err: error }, 'requests') },
  );
  return worker.ready();
}

async function answer(
  parts: WorkerParts,
  request: ControllerRequest,
): Promise<ControllerAnswers[ControllerRequest['kind']]> {
  switch (request.kind) {
    case 'plan':
      return plan(parts, request.request);
    case 'manifests':
      return manifests(parts, request.request);
    case 'history-diff':
      return historyDiff(parts, request.request);
    case 'revision-metadata':
      return revisionMetadata(parts, request.request);
    case 'repository':
      return parts.repositories.ask(request.project, request.question, 60_000);
  }
}

/** Who has to answer before we can, as messages name it. */
function subjectOf(parts: WorkerParts, request: ControllerRequest): string {
  if (request.kind === 'repository') return `repository ${request.question.url}`;
  const unsaved = request.kind === 'manifests' ? (request.request.unsaved as Application | undefined) : undefined;
  const application = unsaved ?? parts.controlPlane.application(request.request.application);
  if (request.kind === 'revision-metadata')
    return `repository ${application === undefined ? '' : (sourcesOf(application.spec)[request.request.sourceIndex]?.repoURL ?? '')}`;
  const { server, name } = application?.spec.destination ?? {};
  return `cluster ${name ?? server ?? ''}`;
}

/** A world that only looks. */
function readOnlyWorld(parts: WorkerParts, key: ApplicationKey, application?: Application): ReconcileWorld {
  const world = createWorld(parts, key, {
    throwIfCancelled: () => {
      throw new Error('a plan must not write');
    },
    onWritten: () => {},
    onReadAnew: () => {},
  });
  return {
    ...world,
    publish: () => {},
    record: () => {},
    ...(application === undefined ? {} : { application: () => application }),
  };
}

async function plan(parts: WorkerParts, request: PlanRequest): Promise<PlanAnswer> {
  const { application: key } = request;
  const application = applicationOf(parts, key);
  const {
    id,
    revisions,
    plan: planned,
    comparison,
  } = await planApplication(readOnlyWorld(parts, key), key, operationOf(request, application));
  const annotations = parts.controlPlane.settings().sensitiveAnnotations;
  const summary: PlanAnswer['summary'] = { create: 0, update: 0, recreate: 0, prune: 0, hook: 0, unchanged: 0 };
  const warnings = new Set(comparison.conditions.map(({ message }) => message));
  for (const task of tasksOf(planned)) {
    if (task.skipReason === undefined) summary[task.action === 'replace' ? 'update' : task.action] += 1;
    for (const warning of task.warnings) warnings.add(warning);
  }
  const predicted = new Map(comparison.resources.map((resource) => [formatResourceKey(resource.key), resource]));
  return {
    planId: id,
    inputsHash: id,
    revision: revisions.join(' '),
    computedAt: new Date().toISOString(),
    summary,
    warnings: [...warnings],
    problems: [
      ...planned.problems,
      ...tasksOf(planned).flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    ],
    ...(planned.confirmation === undefined ? {} : { confirmation: planned.confirmation }),
    phases: planned.phases.map(({ phase, waves }) => ({
      phase,
      waves: waves.map(({ wave, tasks }) => ({
        wave,
        tasks: tasks.map((task): PlannedTask => {
          const compared = predicted.get(formatResourceKey(task.key));
          const before = task.action === 'hook' ? undefined : (compared?.normalizedLive ?? task.live);
          const after = task.action === 'prune' ? undefined : (compared?.predictedLive ?? task.target);
          const [maskedBefore, maskedAfter] = maskSecrets([before, after], { annotations });
          return {
            ...task.key,
            version: task.version,
            action: task.action,
            warnings: task.warnings,
            ...(task.hookType === undefined ? {} : { hookType: task.hookType }),
            ...(task.skipReason === undefined ? {} : { skipReason: task.skipReason }),
            ...(maskedBefore === undefined ? {} : { before: readable(maskedBefore) }),
            ...(maskedAfter === undefined ? {} : { after: readable(maskedAfter) }),
          };
        }),
      })),
    })),
  };
}

function operationOf(request: PlanRequest, application: Application): SyncOperation {
  const { revision, revisions, prune, dryRun, resources, syncOptions, strategy, historyId } = request;
  const operation: SyncOperation = {
    ...(revision === undefined ? {} : { revision }),
    ...(revisions === undefined ? {} : { revisions }),
    ...(prune === undefined ? {} : { prune }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(resources === undefined ? {} : { resources }),
    ...(syncOptions === undefined ? {} : { syncOptions }),
    ...(strategy === undefined ? {} : { syncStrategy: strategy }),
  };
  if (historyId === undefined) return operation;
  const entry = application.status?.history?.find(({ id }) => id === historyId);
  if (entry === undefined)
    throw new TerminalError('HistoryUnknown', `the application has no deployment ${historyId}`, {
      fix: 'Choose one of its history',
    });
  if (isOfLocalManifests(entry))
    throw new TerminalError(
      'HistoryUnknown',
      `deployment ${historyId} was made of local manifests, which no repository has`,
      {
        fix: 'Choose another one',
      },
    );
  return {
    ...operation,
    ...(entry.revisions === undefined ? { revision: entry.revision ?? '' } : { revisions: entry.revisions }),
    ...(entry.sources === undefined
      ? entry.source === undefined
        ? {}
        : { source: entry.source }
      : { sources: entry.sources }),
  };
}

async function manifests(parts: WorkerParts, request: ManifestsRequest): Promise<ManifestsAnswer> {
  const { application: key } = request;
  const application = (request.unsaved as Application | undefined) ?? applicationOf(parts, key);
  const world = readOnlyWorld(parts, key, application);
  const facts = factsOf(world, application);
  if (facts.project === undefined)
    throw new TerminalError('ProjectUnknown', `project ${projectNameOf(application.spec)} does not exist`, {
      fix: 'Create it, or correct spec.project',
    });
  const { server } = resolveDestination(application.spec.destination, world.clusters());
  const cluster = await world.destination(server, {});
  const wanted = request.revisions ?? (request.revision === undefined ? [] : [request.revision]);
  const sources = sourcesOf(application.spec).map((source, index) => {
    const revision = wanted[index];
    return revision === undefined || revision === '' ? source : { ...source, targetRevision: revision };
  });
  const { targets, failure } = await renderTargets(
    world,
    request.noCache === true ? { ...facts, refresh: 'hard' } : facts,
    cluster,
    { sources, fresh: request.noCache === true },
  );
  if (failure !== undefined) throw new TerminalError('CannotRender', failure.message);
  const annotations = parts.controlPlane.settings().sensitiveAnnotations;
  return {
    manifests: targets.manifests.map(({ object }) => maskSecrets([object], { annotations })[0]),
    revisions: targets.revisions,
    sourceTypes: targets.sourceTypes,
    namespace: facts.destinationNamespace,
    server,
  };
}

async function historyDiff(
  parts: WorkerParts,
  { application: key, from, to }: HistoryDiffRequest,
): Promise<HistoryDiffAnswer> {
  const application = applicationOf(parts, key);
  const [before, after] = await Promise.all([
    savedManifests(parts, key, from),
    to === 'now' ? currentManifests(parts, key, application) : savedManifests(parts, key, to),
  ]);
  const annotations = parts.controlPlane.settings().sensitiveAnnotations;
  const left = new Map(before.manifests.map((object) => [formatResourceKey(resourceKeyOf(object)), object]));
  const right = new Map(after.manifests.map((object) => [formatResourceKey(resourceKeyOf(object)), object]));
  const resources = [...new Set([...left.keys(), ...right.keys()])].sort().map((text) => {
    const [old, fresh] = [left.get(text), right.get(text)];
    const [maskedOld, maskedFresh] = maskSecrets([old, fresh], { annotations });
    const change =
      old === undefined
        ? ('added' as const)
        : fresh === undefined
          ? ('removed' as const)
          : contentHash(old) === contentHash(fresh)
            ? ('unchanged' as const)
            : ('changed' as const);
    return {
      ...resourceKeyOf((old ?? fresh) as KubernetesObject),
      change,
      ...(maskedOld === undefined ? {} : { before: toYaml(maskedOld) }),
      ...(maskedFresh === undefined ? {} : { after: toYaml(maskedFresh) }),
    };
  });
  return { from: { id: from, revision: before.revision }, to: { id: to, revision: after.revision }, resources };
}

interface Manifests {
  revision: string;
  manifests: KubernetesObject[];
}

async function savedManifests(parts: WorkerParts, key: ApplicationKey, historyId: number): Promise<Manifests> {
  const saved = await parts.deployments.load(key, historyId);
  if (saved === undefined) {
    throw new TerminalError('DeploymentUnknown', `the manifests of deployment ${historyId} are not kept any more`, {
      fix: 'Raise spec.revisionHistoryLimit to keep more',
    });
  }
  return { revision: saved.revisions.join(' '), manifests: saved.manifests };
}

async function currentManifests(parts: WorkerParts, key: ApplicationKey, application: Application): Promise<Manifests> {
  const world = readOnlyWorld(parts, key);
  const cluster = await world.destination(
    resolveDestination(application.spec.destination, world.clusters()).server,
    {},
  );
  const { targets, failure } = await renderTargets(world, factsOf(world, application), cluster, {
    sources: sourcesOf(application.spec),
    fresh: false,
  });
  if (failure !== undefined) throw new TerminalError('CannotRender', failure.message);
  return { revision: targets.revisions.join(' '), manifests: targets.manifests.map(({ object }) => object) };
}

async function revisionMetadata(
  parts: WorkerParts,
  { application: key, sourceIndex, revision }: RevisionMetadataRequest,
): Promise<RevisionMetadata> {
  const application = applicationOf(parts, key);
  const source = sourcesOf(application.spec)[sourceIndex];
  if (source === undefined) throw new TerminalError('SourceUnknown', `the application has no source ${sourceIndex}`);
  const project = projectNameOf(application.spec);
  if (source.chart !== undefined && source.chart !== '') {
    const { description, maintainers } = await parts.repositories.ask(
      project,
      { kind: 'chart-metadata', url: source.repoURL, chart: source.chart, revision, isOci: false },
      30_000,
    );
    return { author: maintainers.join(', '), message: description };
  }
  const { author, date, message, tags } = await parts.repositories.ask(
    project,
    { kind: 'metadata', url: source.repoURL, revision },
    30_000,
  );
  return { author, date, message, tags };
}

function applicationOf(parts: WorkerParts, key: ApplicationKey): Application {
  const application = parts.controlPlane.application(key);
  if (application === undefined)
    throw new TerminalError('NotFound', `application ${key.namespace}/${key.name} does not exist`);
  return application;
}

/** YAML without what only machines read. */
function readable(object: KubernetesObject): string {
  const { managedFields: _managers, ...metadata } = object.metadata;
  return toYaml({ ...object, metadata });
}
