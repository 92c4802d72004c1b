import Type, { type Static } from 'typebox';
import type { HookType, SyncPhase } from '../kubernetes/hooks.ts';
import { int64, literal, stringMap, strings, time } from './schema.ts';
import { ApplicationSourceSchema, InfoSchema } from './source.ts';
import type { OperationPhase, ResultCode } from './status-words.ts';

export const RetrySchema = Type.Object({
  limit: Type.Optional(
    Type.Integer({ format: 'int64', description: 'Attempts after the first; below zero means no limit.' }),
  ),
  backoff: Type.Optional(
    Type.Object({
      duration: Type.Optional(Type.String({ description: 'First wait: a Go duration or a number of seconds.' })),
      factor: Type.Optional(int64()),
      maxDuration: Type.Optional(Type.String()),
    }),
  ),
  refresh: Type.Optional(Type.Boolean({ description: 'Resolve the revision again at every attempt.' })),
});

export const SyncStrategySchema = Type.Object({
  apply: Type.Optional(Type.Object({ force: Type.Optional(Type.Boolean()) })),
  hook: Type.Optional(Type.Object({ force: Type.Optional(Type.Boolean()) })),
});

export const SyncOperationResourceSchema = Type.Object({
  group: Type.Optional(Type.String()),
  kind: Type.String(),
  name: Type.String(),
  namespace: Type.Optional(Type.String()),
  exclude: Type.Optional(Type.Boolean()),
});

export const SyncOperationSchema = Type.Object({
  revision: Type.Optional(Type.String()),
  revisions: Type.Optional(strings()),
  source: Type.Optional(ApplicationSourceSchema),
  sources: Type.Optional(Type.Array(ApplicationSourceSchema)),
  prune: Type.Optional(Type.Boolean()),
  dryRun: Type.Optional(Type.Boolean()),
  syncStrategy: Type.Optional(SyncStrategySchema),
  resources: Type.Optional(Type.Array(SyncOperationResourceSchema)),
  manifests: Type.Optional(strings()),
  syncOptions: Type.Optional(strings()),
  autoHealAttemptsCount: Type.Optional(int64()),
});

/** A request to do something with an application: top level field `operation`, moved to `status.operationState`. */
export const OperationSchema = Type.Object({
  sync: Type.Optional(SyncOperationSchema),
  initiatedBy: Type.Optional(
    Type.Object({ username: Type.Optional(Type.String()), automated: Type.Optional(Type.Boolean()) }),
  ),
  info: Type.Optional(Type.Array(InfoSchema)),
  retry: Type.Optional(RetrySchema),
});

/**
 * Entry of an operation's `info` with the value `true`: the person knows that the source renders to nothing and wants all
 * resources pruned. It is part of the operation and not of a schema that Argo CD's definitions would cut.
 */
export const INFO_ALLOW_EMPTY = 'allowEmpty';

/** Entry of an operation's `info` that says whether its hooks run: `run` or `not run`. Decided once, before it begins. */
export const INFO_HOOKS = 'hooks';

export const ManagedNamespaceMetadataSchema = Type.Object({
  labels: Type.Optional(stringMap()),
  annotations: Type.Optional(stringMap()),
});

export const ResourceResultSchema = Type.Object({
  group: Type.String(),
  version: Type.String(),
  kind: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  status: Type.Optional(literal<ResultCode>()),
  message: Type.Optional(Type.String()),
  hookType: Type.Optional(literal<HookType>()),
  hookPhase: Type.Optional(literal<OperationPhase>()),
  syncPhase: Type.Optional(literal<SyncPhase>()),
  images: Type.Optional(strings()),
});

export const SyncOperationResultSchema = Type.Object({
  resources: Type.Optional(Type.Array(ResourceResultSchema)),
  revision: Type.Optional(Type.String()),
  revisions: Type.Optional(strings()),
  source: Type.Optional(ApplicationSourceSchema),
  sources: Type.Optional(Type.Array(ApplicationSourceSchema)),
  managedNamespaceMetadata: Type.Optional(ManagedNamespaceMetadataSchema),
});

export const OperationStateSchema = Type.Object({
  operation: OperationSchema,
  phase: literal<OperationPhase>(),
  message: Type.Optional(Type.String()),
  startedAt: time(),
  finishedAt: Type.Optional(time()),
  retryCount: Type.Optional(int64()),
  syncResult: Type.Optional(SyncOperationResultSchema),
});

export function hooksInfo(run: boolean): { name: string; value: string } {
  return { name: INFO_HOOKS, value: run ? 'run' : 'not run' };
}

export type Retry = Static<typeof RetrySchema>;
export type SyncStrategy = Static<typeof SyncStrategySchema>;
export type SyncOperationResource = Static<typeof SyncOperationResourceSchema>;
export type SyncOperation = Static<typeof SyncOperationSchema>;
export type Operation = Static<typeof OperationSchema>;
export type ManagedNamespaceMetadata = Static<typeof ManagedNamespaceMetadataSchema>;
export type SyncOperationResult = Static<typeof SyncOperationResultSchema>;
export type OperationState = Static<typeof OperationStateSchema>;
