import { ApplicationPermissionsSchema } from '@lockstep/contract';
import {
  ApplicationBodySchema,
  ApplicationSourceSchema,
  ApplicationSpecSchema,
  ApplicationStatusSchema,
  AppProjectBodySchema,
  OperationSchema,
  OperationStateSchema,
  SyncOperationSchema,
} from '@lockstep/core';
import Type, { type TSchema } from 'typebox';

const ObjectMeta = Type.Object(
  {
    name: Type.String(),
    namespace: Type.Optional(Type.String()),
    uid: Type.Optional(Type.String()),
    resourceVersion: Type.Optional(Type.String()),
    generation: Type.Optional(Type.Integer()),
    creationTimestamp: Type.Optional(Type.String()),
    deletionTimestamp: Type.Optional(Type.String()),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
    annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
    finalizers: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: true },
);

const object = {
  apiVersion: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  metadata: ObjectMeta,
};

const ResourceReference = Type.Object({
  group: Type.Optional(Type.String()),
  kind: Type.String(),
  namespace: Type.Optional(Type.String()),
  name: Type.String(),
  uid: Type.Optional(Type.String()),
});

const ResourceNode = Type.Object({
  group: Type.Optional(Type.String()),
  version: Type.String(),
  kind: Type.String(),
  namespace: Type.Optional(Type.String()),
  name: Type.String(),
  uid: Type.Optional(Type.String()),
  parentRefs: Type.Optional(Type.Array(ResourceReference)),
  info: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))),
  networkingInfo: Type.Optional(Type.Object({}, { additionalProperties: true })),
  resourceVersion: Type.Optional(Type.String()),
  images: Type.Optional(Type.Array(Type.String())),
  health: Type.Optional(Type.Object({ status: Type.String(), message: Type.Optional(Type.String()) })),
  createdAt: Type.Optional(Type.String()),
});

/** Shapes of answers that let every field through, for the description of the API and the types made of it. */
export const apiModels: Record<string, TSchema> = {
  ApplicationSource: ApplicationSourceSchema,
  ApplicationSpec: ApplicationSpecSchema,
  ApplicationStatus: ApplicationStatusSchema,
  Operation: OperationSchema,
  OperationState: OperationStateSchema,
  SyncOperation: SyncOperationSchema,
  ResourceNode,
  Application: Type.Object({
    ...object,
    ...ApplicationBodySchema.properties,
    can: Type.Optional(ApplicationPermissionsSchema),
  }),
  AppProject: Type.Object({ ...object, ...AppProjectBodySchema.properties }),
  ApplicationTree: Type.Object({
    nodes: Type.Array(ResourceNode),
    orphanedNodes: Type.Array(ResourceNode),
    hosts: Type.Array(Type.Object({}, { additionalProperties: true })),
  }),
  ResourceDiff: Type.Object({
    group: Type.Optional(Type.String()),
    kind: Type.String(),
    namespace: Type.Optional(Type.String()),
    name: Type.String(),
    targetState: Type.Optional(Type.String({ description: 'JSON, Secrets masked; the text null when there is none.' })),
    liveState: Type.Optional(Type.String()),
    normalizedLiveState: Type.Optional(Type.String()),
    predictedLiveState: Type.Optional(Type.String()),
    hook: Type.Optional(Type.Boolean()),
    modified: Type.Optional(Type.Boolean()),
    resourceVersion: Type.Optional(Type.String()),
  }),
  ManifestResponse: Type.Object({
    manifests: Type.Array(Type.String({ description: 'JSON, Secrets masked.' })),
    namespace: Type.String(),
    server: Type.String(),
    revision: Type.String(),
    sourceType: Type.String(),
    commands: Type.Optional(Type.Array(Type.String())),
  }),
  EventList: Type.Object({ items: Type.Array(Type.Object({}, { additionalProperties: true })) }),
};
