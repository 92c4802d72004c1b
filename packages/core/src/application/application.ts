import Type, { type Static } from 'typebox';
import type { ObjectMeta } from '../kubernetes/object.ts';
import { ManagedNamespaceMetadataSchema, OperationSchema, OperationStateSchema, RetrySchema } from './operation.ts';
import { int64, literal, strings, time } from './schema.ts';
import {
  ApplicationSourceSchema,
  DestinationSchema,
  IgnoreDifferencesSchema,
  InfoSchema,
  SourceHydratorSchema,
  SourceTypeSchema,
} from './source.ts';
import type { ConditionType, HealthStatus, SyncStatusCode } from './status-words.ts';

export const SyncPolicySchema = Type.Object({
  automated: Type.Optional(
    Type.Object({
      prune: Type.Optional(Type.Boolean({ description: 'Delete what Git no longer has.' })),
      selfHeal: Type.Optional(Type.Boolean({ description: 'Undo changes made in the cluster.' })),
      allowEmpty: Type.Optional(Type.Boolean({ description: 'Allow a sync that leaves no resource at all.' })),
      enabled: Type.Optional(Type.Boolean({ description: 'false keeps the settings and turns auto-sync off.' })),
    }),
  ),
  syncOptions: Type.Optional(strings('Options as `Key=value`.')),
  retry: Type.Optional(RetrySchema),
  managedNamespaceMetadata: Type.Optional(ManagedNamespaceMetadataSchema),
});

export const ApplicationSpecSchema = Type.Object({
  project: Type.String({ description: 'AppProject this application belongs to; empty means default.' }),
  destination: DestinationSchema,
  source: Type.Optional(ApplicationSourceSchema),
  sources: Type.Optional(Type.Array(ApplicationSourceSchema)),
  sourceHydrator: Type.Optional(SourceHydratorSchema),
  syncPolicy: Type.Optional(SyncPolicySchema),
  ignoreDifferences: Type.Optional(Type.Array(IgnoreDifferencesSchema)),
  info: Type.Optional(Type.Array(InfoSchema)),
  revisionHistoryLimit: Type.Optional(
    Type.Integer({ format: 'int64', description: 'Deployments kept in status.history; 10 by default, 0 keeps none.' }),
  ),
});

const InitiatedBy = Type.Object({
  username: Type.Optional(Type.String()),
  automated: Type.Optional(Type.Boolean()),
});

export const RevisionHistorySchema = Type.Object({
  id: int64(),
  deployedAt: time(),
  deployStartedAt: Type.Optional(time()),
  initiatedBy: Type.Optional(InitiatedBy),
  revision: Type.Optional(Type.String()),
  revisions: Type.Optional(strings()),
  source: Type.Optional(ApplicationSourceSchema),
  sources: Type.Optional(Type.Array(ApplicationSourceSchema)),
});

export const HealthSchema = Type.Object({
  status: Type.Optional(literal<HealthStatus>()),
  message: Type.Optional(Type.String()),
  lastTransitionTime: Type.Optional(time()),
});

export const ResourceStatusSchema = Type.Object({
  group: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  namespace: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  status: Type.Optional(literal<SyncStatusCode>()),
  health: Type.Optional(HealthSchema),
  hook: Type.Optional(Type.Boolean()),
  requiresPruning: Type.Optional(Type.Boolean()),
  requiresDeletionConfirmation: Type.Optional(Type.Boolean()),
  syncWave: Type.Optional(int64()),
});

export const ComparedToSchema = Type.Object({
  source: Type.Optional(ApplicationSourceSchema),
  sources: Type.Optional(Type.Array(ApplicationSourceSchema)),
  destination: DestinationSchema,
  ignoreDifferences: Type.Optional(Type.Array(IgnoreDifferencesSchema)),
});

const HydrateOperation = Type.Object({
  drySHA: Type.Optional(Type.String()),
  hydratedSHA: Type.Optional(Type.String()),
  sourceHydrator: Type.Optional(SourceHydratorSchema),
});

export const ApplicationStatusSchema = Type.Object({
  sync: Type.Optional(
    Type.Object({
      status: literal<SyncStatusCode>(),
      comparedTo: Type.Optional(ComparedToSchema),
      revision: Type.Optional(Type.String()),
      revisions: Type.Optional(strings()),
    }),
  ),
  health: Type.Optional(HealthSchema),
  resources: Type.Optional(Type.Array(ResourceStatusSchema)),
  resourceHealthSource: Type.Optional(Type.String()),
  history: Type.Optional(Type.Array(RevisionHistorySchema)),
  operationState: Type.Optional(OperationStateSchema),
  conditions: Type.Optional(
    Type.Array(
      Type.Object({
        type: literal<ConditionType>(),
        message: Type.String(),
        lastTransitionTime: Type.Optional(time()),
      }),
    ),
  ),
  summary: Type.Optional(
    Type.Object({
      externalURLs: Type.Optional(strings()),
      images: Type.Optional(strings()),
      isAppOfApps: Type.Optional(Type.Boolean()),
    }),
  ),
  sourceType: Type.Optional(SourceTypeSchema),
  sourceTypes: Type.Optional(Type.Array(SourceTypeSchema)),
  reconciledAt: Type.Optional(time()),
  observedAt: Type.Optional(time()),
  controllerNamespace: Type.Optional(Type.String()),
  sourceHydrator: Type.Optional(
    Type.Object({
      lastSuccessfulOperation: Type.Optional(HydrateOperation),
      currentOperation: Type.Optional(
        Type.Object({
          startedAt: Type.Optional(time()),
          finishedAt: Type.Optional(time()),
          phase: Type.String(),
          message: Type.String(),
          drySHA: Type.Optional(Type.String()),
          hydratedSHA: Type.Optional(Type.String()),
          sourceHydrator: Type.Optional(SourceHydratorSchema),
        }),
      ),
      lastComparedDryRevision: Type.Optional(Type.String()),
    }),
  ),
});

/** The body of an Application below `apiVersion`, `kind` and `metadata`, as its custom resource definition states it. */
export const ApplicationBodySchema = Type.Object({
  spec: ApplicationSpecSchema,
  operation: Type.Optional(OperationSchema),
  status: Type.Optional(ApplicationStatusSchema),
});

/** A whole Application, for validation of requests. */
export const ApplicationSchema = Type.Object({
  apiVersion: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  metadata: Type.Unsafe<ObjectMeta>({ type: 'object' }),
  ...ApplicationBodySchema.properties,
});

export type SyncPolicy = Static<typeof SyncPolicySchema>;
export type ApplicationSpec = Static<typeof ApplicationSpecSchema>;
export type RevisionHistory = Static<typeof RevisionHistorySchema>;
export type ResourceStatus = Static<typeof ResourceStatusSchema>;
export type ApplicationStatus = Static<typeof ApplicationStatusSchema>;

/** An Application as it travels over the wire. */
export interface Application {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ApplicationSpec;
  operation?: Static<typeof OperationSchema>;
  status?: ApplicationStatus;
  [field: string]: unknown;
}

/** Name and namespace, the key of an Application. */
export interface ApplicationKey {
  namespace: string;
  name: string;
}
