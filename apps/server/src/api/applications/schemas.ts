import {
  type Application,
  ApplicationSpecSchema,
  InfoSchema,
  type KubernetesObject,
  RetrySchema,
  SyncOperationResourceSchema,
  SyncStrategySchema,
} from '@lockstep/core';
import Type, { type TSchema } from 'typebox';

/**
 * An object whose every field is answered: a serializer that knows only some would drop the rest in silence. `model` names
 * the shape in the description of the API.
 */
export function openObject<T = Record<string, unknown>>(model?: string) {
  return Type.Unsafe<T>({
    type: 'object',
    additionalProperties: true,
    ...(model === undefined ? {} : { 'x-model': model }),
  });
}

export const AnyObjectSchema = openObject<KubernetesObject>();
export const AnyApplicationSchema = openObject<Application>('Application');
export const EmptySchema = Type.Object({});

export const ApplicationParametersSchema = Type.Object({ name: Type.String({ maxLength: 253 }) });

const reference = {
  appNamespace: Type.Optional(Type.String({ maxLength: 253 })),
  project: Type.Optional(Type.String({ maxLength: 253 })),
};
export const ReferenceQuerySchema = Type.Object(reference);

const manyStrings = () => Type.Optional(Type.Array(Type.String({ maxLength: 512 })));

export const ListQuerySchema = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 2_048 })),
  name: Type.Optional(Type.String()),
  projects: manyStrings(),
  project: manyStrings(),
  health: manyStrings(),
  sync: manyStrings(),
  namespace: manyStrings(),
  cluster: manyStrings(),
  autoSync: manyStrings(),
  phase: manyStrings(),
  repo: Type.Optional(Type.String()),
  selector: Type.Optional(Type.String({ maxLength: 2_048 })),
  appNamespace: Type.Optional(Type.String()),
  resourceVersion: Type.Optional(Type.String()),
  sort: Type.Optional(Type.String()),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  cursor: Type.Optional(Type.String({ maxLength: 4_096 })),
  fields: Type.Optional(Type.String({ maxLength: 2_048 })),
  view: Type.Optional(Type.Union([Type.Literal('rows'), Type.Literal('full')])),
  can: Type.Optional(Type.Boolean()),
  refresh: Type.Optional(Type.String()),
});

const counts = () => Type.Record(Type.String(), Type.Integer());

export const ListAnswerSchema = Type.Object({
  metadata: Type.Object({ resourceVersion: Type.Optional(Type.String()) }),
  items: Type.Array(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
  total: Type.Optional(Type.Integer()),
  cursor: Type.Optional(Type.String()),
  facets: Type.Optional(
    Type.Object({
      projects: counts(),
      health: counts(),
      sync: counts(),
      clusters: counts(),
      namespaces: counts(),
      repos: counts(),
      autoSync: counts(),
      labels: counts(),
      phase: counts(),
    }),
  ),
});

export const GetQuerySchema = Type.Object({
  ...reference,
  refresh: Type.Optional(Type.String()),
  resourceVersion: Type.Optional(Type.String()),
  fields: Type.Optional(Type.String()),
  can: Type.Optional(Type.Boolean()),
});

export const WriteQuerySchema = Type.Object({
  ...reference,
  upsert: Type.Optional(Type.Boolean()),
  validate: Type.Optional(Type.Boolean()),
});

const WrittenMetadata = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 253 }),
    namespace: Type.Optional(Type.String({ maxLength: 63 })),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
    annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
    finalizers: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: true },
);

/** What a client sends to create or replace: a whole Application, of which status and operation are ignored. */
export const WrittenApplicationSchema = Type.Object(
  {
    apiVersion: Type.Optional(Type.String()),
    kind: Type.Optional(Type.String()),
    metadata: WrittenMetadata,
    spec: ApplicationSpecSchema,
  },
  { additionalProperties: true },
);

export { ApplicationSpecSchema };

export const PatchBodySchema = Type.Object({
  ...reference,
  patch: Type.String(),
  patchType: Type.Optional(Type.String()),
});

export const DeleteQuerySchema = Type.Object({
  ...reference,
  cascade: Type.Optional(Type.Boolean()),
  propagationPolicy: Type.Optional(Type.String()),
});

const SyncOptionsField = Type.Union([
  Type.Object({ items: Type.Optional(Type.Array(Type.String())) }),
  Type.Array(Type.String()),
]);
const integer = () => Type.Union([Type.Integer(), Type.String({ pattern: '^-?\\d{1,15}$' })]);

export const SyncBodySchema = Type.Object({
  ...reference,
  revision: Type.Optional(Type.String()),
  revisions: Type.Optional(Type.Array(Type.String())),
  sourcePositions: Type.Optional(Type.Array(integer())),
  dryRun: Type.Optional(Type.Boolean()),
  prune: Type.Optional(Type.Boolean()),
  strategy: Type.Optional(Type.Union([SyncStrategySchema, Type.Null()])),
  resources: Type.Optional(Type.Union([Type.Array(SyncOperationResourceSchema), Type.Null()])),
  manifests: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
  infos: Type.Optional(Type.Union([Type.Array(InfoSchema), Type.Null()])),
  retryStrategy: Type.Optional(Type.Union([RetrySchema, Type.Null()])),
  syncOptions: Type.Optional(Type.Union([SyncOptionsField, Type.Null()])),
  allowEmpty: Type.Optional(
    Type.Boolean({ description: 'Prune everything when the source renders to nothing; else the sync waits for it.' }),
  ),
  planId: Type.Optional(Type.String({ maxLength: 128 })),
});

export const RollbackBodySchema = Type.Object({
  ...reference,
  planId: Type.Optional(Type.String({ maxLength: 128 })),
  id: Type.Optional(integer()),
  prune: Type.Optional(Type.Boolean()),
  dryRun: Type.Optional(Type.Boolean()),
  runHooks: Type.Optional(Type.Boolean()),
  reason: Type.Optional(Type.String({ maxLength: 1_024 })),
  resume: Type.Optional(Type.String({ maxLength: 64 })),
  allowEmpty: Type.Optional(Type.Boolean()),
});

export const PlanBodySchema = Type.Object({
  ...reference,
  revision: Type.Optional(Type.String()),
  revisions: Type.Optional(Type.Array(Type.String())),
  prune: Type.Optional(Type.Boolean()),
  dryRun: Type.Optional(Type.Boolean()),
  strategy: Type.Optional(SyncStrategySchema),
  resources: Type.Optional(Type.Array(SyncOperationResourceSchema)),
  syncOptions: Type.Optional(SyncOptionsField),
  historyId: Type.Optional(Type.Integer()),
  runHooks: Type.Optional(Type.Boolean()),
});

const PlannedTask = Type.Object({
  group: Type.String(),
  version: Type.String(),
  kind: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  action: Type.String(),
  hookType: Type.Optional(Type.String()),
  warnings: Type.Array(Type.String()),
  skipReason: Type.Optional(Type.String()),
  before: Type.Optional(Type.String()),
  after: Type.Optional(Type.String()),
});

export const PlanSchema = Type.Object({
  planId: Type.String(),
  inputsHash: Type.String(),
  revision: Type.String(),
  computedAt: Type.String(),
  summary: Type.Object({
    create: Type.Integer(),
    update: Type.Integer(),
    recreate: Type.Integer(),
    prune: Type.Integer(),
    hook: Type.Integer(),
    unchanged: Type.Integer(),
  }),
  warnings: Type.Array(Type.String()),
  problems: Type.Array(Type.String()),
  confirmation: Type.Optional(
    Type.String({ description: 'What a person must agree to; a sync then needs allowEmpty: true.' }),
  ),
  phases: Type.Array(
    Type.Object({
      phase: Type.String(),
      waves: Type.Array(Type.Object({ wave: Type.Integer(), tasks: Type.Array(PlannedTask) })),
    }),
  ),
});

export const HistoryDiffSchema = Type.Object({
  from: Type.Object({ id: Type.Integer(), revision: Type.String() }),
  to: Type.Object({ id: Type.Union([Type.Integer(), Type.Literal('now')]), revision: Type.String() }),
  resources: Type.Array(
    Type.Object({
      group: Type.String(),
      kind: Type.String(),
      namespace: Type.String(),
      name: Type.String(),
      change: Type.String(),
      before: Type.Optional(Type.String()),
      after: Type.Optional(Type.String()),
    }),
  ),
});

export const ResourceQuerySchema = Type.Object({
  ...reference,
  namespace: Type.Optional(Type.String()),
  resourceName: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  group: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  patchType: Type.Optional(Type.String()),
  force: Type.Optional(Type.Boolean()),
  orphan: Type.Optional(Type.Boolean()),
  fields: Type.Optional(Type.String()),
});

export const ManifestsQuerySchema = Type.Object({
  ...reference,
  revision: Type.Optional(Type.String()),
  revisions: Type.Optional(Type.Array(Type.String())),
  sourcePositions: Type.Optional(Type.Array(Type.Integer())),
  noCache: Type.Optional(Type.Boolean()),
});

export const EventsQuerySchema = Type.Object({
  ...reference,
  resourceNamespace: Type.Optional(Type.String()),
  resourceName: Type.Optional(Type.String()),
  resourceUID: Type.Optional(Type.String()),
});

export const LogsQuerySchema = Type.Object({
  ...reference,
  namespace: Type.Optional(Type.String()),
  podName: Type.Optional(Type.String()),
  container: Type.Optional(Type.String()),
  sinceSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
  'sinceTime.seconds': Type.Optional(Type.Integer()),
  tailLines: Type.Optional(Type.Integer({ minimum: 0 })),
  follow: Type.Optional(Type.Boolean()),
  untilTime: Type.Optional(Type.String()),
  filter: Type.Optional(Type.String({ maxLength: 1_024 })),
  kind: Type.Optional(Type.String()),
  group: Type.Optional(Type.String()),
  resourceName: Type.Optional(Type.String()),
  previous: Type.Optional(Type.Boolean()),
  matchCase: Type.Optional(Type.Boolean()),
  download: Type.Optional(Type.Boolean()),
});

export const ActionBodySchema = Type.Object({
  ...reference,
  namespace: Type.Optional(Type.String()),
  resourceName: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  group: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  action: Type.String({ maxLength: 128 }),
  resourceActionParameters: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))),
});

export const ActionsAnswerSchema = Type.Object({
  actions: Type.Array(
    Type.Object({
      name: Type.String(),
      displayName: Type.String(),
      iconClass: Type.String(),
      disabled: Type.Boolean(),
      params: Type.Array(Type.Object({ name: Type.String(), value: Type.String(), default: Type.String() })),
    }),
  ),
});

/** `{items: [...]}` of anything, as lists of Argo CD are. */
export function itemsOf<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item) });
}
