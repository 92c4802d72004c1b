import Type, { type Static } from 'typebox';

/**
 * The messages of the one WebSocket a browser tab holds (`/api/v1/stream`).
 *
 * A client subscribes to topics, each subscription with an `id` the client chose. The server answers with a snapshot and
 * then with JSON patches against it. Every message of a subscription carries `rev`, an opaque position: a client that
 * lost its connection subscribes again with `from` set to the last `rev` it applied, and gets either the patches it
 * missed (`mode: "resume"`) or a new snapshot (`mode: "snapshot"`). After `reset` the subscription is gone: subscribe again
 * without `from`.
 */

export const StreamTopicSchema = Type.Union([
  Type.Literal('applications'),
  Type.Literal('application'),
  Type.Literal('resource-tree'),
  Type.Literal('managed-resources'),
]);
export type StreamTopic = Static<typeof StreamTopicSchema>;

export const SubscribeMessageSchema = Type.Object(
  {
    op: Type.Literal('sub'),
    id: Type.Integer({ minimum: 0 }),
    topic: StreamTopicSchema,
    /** `namespace/name`; required by every topic but `applications`. */
    key: Type.Optional(Type.String({ maxLength: 512 })),
    /** The last `rev` the client applied. */
    from: Type.Optional(Type.String({ maxLength: 128 })),
  },
  { additionalProperties: false },
);

export const UnsubscribeMessageSchema = Type.Object(
  { op: Type.Literal('unsub'), id: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);

export const PongMessageSchema = Type.Object({ op: Type.Literal('pong') }, { additionalProperties: false });

/** What a client may send. */
export const StreamClientMessageSchema = Type.Union([
  SubscribeMessageSchema,
  UnsubscribeMessageSchema,
  PongMessageSchema,
]);
export type StreamClientMessage = Static<typeof StreamClientMessageSchema>;

/** One operation of RFC 6902; the server sends no `move`, `copy` or `test`. */
export const JsonPatchOperationSchema = Type.Union([
  Type.Object({ op: Type.Literal('add'), path: Type.String(), value: Type.Unknown() }),
  Type.Object({ op: Type.Literal('replace'), path: Type.String(), value: Type.Unknown() }),
  Type.Object({ op: Type.Literal('remove'), path: Type.String() }),
]);
export type JsonPatchOperation = Static<typeof JsonPatchOperationSchema>;

export const SubscribedMessageSchema = Type.Object({
  op: Type.Literal('ok'),
  id: Type.Integer(),
  rev: Type.String(),
  mode: Type.Union([Type.Literal('snapshot'), Type.Literal('resume')]),
});

export const SnapshotMessageSchema = Type.Object({
  op: Type.Literal('snapshot'),
  id: Type.Integer(),
  rev: Type.String(),
  data: Type.Unknown(),
});

export const PatchMessageSchema = Type.Object({
  op: Type.Literal('patch'),
  id: Type.Integer(),
  rev: Type.String(),
  patch: Type.Array(JsonPatchOperationSchema),
});

/** The subscription ended: what it showed can no longer be patched. Subscribe again without `from`. */
export const ResetMessageSchema = Type.Object({
  op: Type.Literal('reset'),
  id: Type.Integer(),
  reason: Type.Union([Type.Literal('permissions'), Type.Literal('gap'), Type.Literal('slow')]),
});

/** A subscription was refused, or its permission was withdrawn; it does not exist (any more). */
export const SubscriptionErrorMessageSchema = Type.Object({
  op: Type.Literal('error'),
  id: Type.Integer(),
  /** 400 not a valid request, 403 not allowed or no such application, 404 deleted while watched. */
  code: Type.Integer(),
  message: Type.String(),
});

export const HeartbeatMessageSchema = Type.Object({
  op: Type.Literal('hb'),
  /** The server's clock in milliseconds since the epoch. */
  t: Type.Integer(),
});

/** What the server sends. */
export const StreamServerMessageSchema = Type.Union([
  SubscribedMessageSchema,
  SnapshotMessageSchema,
  PatchMessageSchema,
  ResetMessageSchema,
  SubscriptionErrorMessageSchema,
  HeartbeatMessageSchema,
]);
export type StreamServerMessage = Static<typeof StreamServerMessageSchema>;

/** Why the server closed the connection, as WebSocket close codes. */
export const streamCloseCodes = {
  /** The session expired or was revoked: log in again. */
  sessionExpired: 4401,
  forbidden: 4403,
  /** The server is going away: reconnect, spread over a few seconds. */
  shuttingDown: 4409,
  /** The client did not read fast enough. */
  tooSlow: 4429,
} as const;

/** What the caller may do with one application. */
export const ApplicationPermissionsSchema = Type.Object({
  update: Type.Boolean(),
  delete: Type.Boolean(),
  sync: Type.Boolean(),
  override: Type.Boolean(),
  rollback: Type.Boolean(),
  logs: Type.Boolean(),
  exec: Type.Boolean(),
});
export type ApplicationPermissions = Static<typeof ApplicationPermissionsSchema>;

/** One line of the list of applications: what the topic `applications` carries for each. */
export const ApplicationRowSchema = Type.Object({
  name: Type.String(),
  namespace: Type.String(),
  project: Type.String(),
  health: Type.Object({ status: Type.String(), message: Type.Optional(Type.String()) }),
  sync: Type.Object({
    status: Type.String(),
    /** Number of resources that differ from Git or are to be pruned. */
    outOfSync: Type.Integer(),
  }),
  operation: Type.Union([
    Type.Object({
      phase: Type.String(),
      message: Type.String(),
      startedAt: Type.String(),
      finishedAt: Type.Union([Type.String(), Type.Null()]),
    }),
    Type.Null(),
  ]),
  /** The revision compared with; '' before the first comparison. */
  revision: Type.String(),
  /** Only of applications with several sources, in their order. */
  revisions: Type.Optional(Type.Array(Type.String())),
  destination: Type.Object({ server: Type.String(), name: Type.String(), namespace: Type.String() }),
  autoSync: Type.Union([Type.Literal('on'), Type.Literal('off'), Type.Literal('held')]),
  images: Type.Array(Type.String()),
  labels: Type.Record(Type.String(), Type.String()),
  conditions: Type.Array(Type.Object({ type: Type.String(), message: Type.String() })),
  /** The first source. */
  source: Type.Object({
    repoURL: Type.String(),
    path: Type.String(),
    chart: Type.String(),
    targetRevision: Type.String(),
  }),
  createdAt: Type.String(),
  reconciledAt: Type.Union([Type.String(), Type.Null()]),
  /** Set while the application is being deleted. */
  deletingSince: Type.Optional(Type.String()),
});
export type ApplicationRow = Static<typeof ApplicationRowSchema>;

/** Data of the topic `applications`; keys are `namespace/name`. */
export const ApplicationsTopicSchema = Type.Object({ items: Type.Record(Type.String(), ApplicationRowSchema) });
export type ApplicationsTopic = Static<typeof ApplicationsTopicSchema>;

/** One managed resource without its bodies: fetch those by `GET …/managed-resources?group=&kind=&namespace=&name=`. */
export const ManagedResourceRowSchema = Type.Object({
  group: Type.String(),
  kind: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  modified: Type.Boolean(),
  hook: Type.Boolean(),
  hasTarget: Type.Boolean(),
  hasLive: Type.Boolean(),
  resourceVersion: Type.String(),
});
export type ManagedResourceRow = Static<typeof ManagedResourceRowSchema>;

/** Data of the topic `managed-resources`. */
export const ManagedResourcesTopicSchema = Type.Object({ items: Type.Array(ManagedResourceRowSchema) });
export type ManagedResourcesTopic = Static<typeof ManagedResourcesTopicSchema>;
