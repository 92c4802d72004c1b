import Type, { type Static } from 'typebox';
import type { ObjectMeta } from '../kubernetes/object.ts';
import { int64, literal, strings } from './schema.ts';
import { DestinationSchema } from './source.ts';

const GroupKind = Type.Object({ group: Type.String(), kind: Type.String() });
const ClusterResource = Type.Object({ group: Type.String(), kind: Type.String(), name: Type.Optional(Type.String()) });
const JwtToken = Type.Object({ iat: int64(), exp: Type.Optional(int64()), id: Type.Optional(Type.String()) });

export const SyncWindowSchema = Type.Object({
  kind: Type.Optional(literal<'allow' | 'deny'>()),
  schedule: Type.Optional(Type.String({ description: 'Cron expression of five fields: when the window opens.' })),
  duration: Type.Optional(Type.String({ description: 'How long it stays open, a Go duration.' })),
  applications: Type.Optional(strings()),
  namespaces: Type.Optional(strings()),
  clusters: Type.Optional(strings()),
  manualSync: Type.Optional(Type.Boolean({ description: 'Manual syncs are allowed although the window blocks.' })),
  timeZone: Type.Optional(Type.String({ description: 'IANA time zone; UTC by default.' })),
  andOperator: Type.Optional(Type.Boolean({ description: 'Every non-empty list must match instead of any.' })),
  syncOverrun: Type.Optional(Type.Boolean({ description: 'A sync that began while allowed may finish.' })),
  description: Type.Optional(Type.String()),
});

const IntegrityRepositories = Type.Array(
  Type.Object({ url: Type.String({ description: 'Glob; `!` in front denies.' }) }),
);

/** What a source must prove before it is used. New kinds of proof are kept although they are not known here. */
export const SourceIntegritySchema = Type.Object(
  {
    git: Type.Optional(
      Type.Object({
        policies: Type.Optional(
          Type.Array(
            Type.Object({
              repos: Type.Optional(IntegrityRepositories),
              gpg: Type.Optional(
                Type.Object({ mode: literal<'none' | 'head' | 'strict'>(), keys: Type.Optional(strings()) }),
              ),
            }),
          ),
        ),
      }),
    ),
    helm: Type.Optional(
      Type.Object({
        policies: Type.Optional(
          Type.Array(
            Type.Object({
              repos: Type.Optional(IntegrityRepositories),
              provenance: Type.Optional(Type.Object({ keys: Type.Optional(strings()) })),
            }),
          ),
        ),
      }),
    ),
  },
  { 'x-kubernetes-preserve-unknown-fields': true },
);

export const AppProjectSpecSchema = Type.Object({
  description: Type.Optional(Type.String()),
  sourceRepos: Type.Optional(strings('Globs of permitted repositories; `!` in front denies.')),
  destinations: Type.Optional(Type.Array(DestinationSchema)),
  clusterResourceWhitelist: Type.Optional(Type.Array(ClusterResource)),
  clusterResourceBlacklist: Type.Optional(Type.Array(ClusterResource)),
  namespaceResourceWhitelist: Type.Optional(Type.Array(GroupKind)),
  namespaceResourceBlacklist: Type.Optional(Type.Array(GroupKind)),
  roles: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        description: Type.Optional(Type.String()),
        policies: Type.Optional(strings()),
        groups: Type.Optional(strings()),
        jwtTokens: Type.Optional(Type.Array(JwtToken)),
      }),
    ),
  ),
  orphanedResources: Type.Optional(
    Type.Object({
      warn: Type.Optional(Type.Boolean()),
      ignore: Type.Optional(
        Type.Array(
          Type.Object({
            group: Type.Optional(Type.String()),
            kind: Type.Optional(Type.String()),
            name: Type.Optional(Type.String()),
          }),
        ),
      ),
    }),
  ),
  syncWindows: Type.Optional(Type.Array(SyncWindowSchema)),
  signatureKeys: Type.Optional(Type.Array(Type.Object({ keyID: Type.String() }))),
  sourceIntegrity: Type.Optional(SourceIntegritySchema),
  sourceNamespaces: Type.Optional(strings('Namespaces where applications of this project may live.')),
  permitOnlyProjectScopedClusters: Type.Optional(Type.Boolean()),
  destinationServiceAccounts: Type.Optional(
    Type.Array(
      Type.Object({
        server: Type.String(),
        namespace: Type.Optional(Type.String()),
        defaultServiceAccount: Type.String(),
      }),
    ),
  ),
});

export const AppProjectStatusSchema = Type.Object({
  jwtTokensByRole: Type.Optional(
    Type.Record(Type.String(), Type.Object({ items: Type.Optional(Type.Array(JwtToken)) })),
  ),
});

export const AppProjectBodySchema = Type.Object({
  spec: AppProjectSpecSchema,
  status: Type.Optional(AppProjectStatusSchema),
});

/** A whole AppProject, for validation of requests. */
export const AppProjectSchema = Type.Object({
  apiVersion: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  metadata: Type.Unsafe<ObjectMeta>({ type: 'object' }),
  ...AppProjectBodySchema.properties,
});

export type SyncWindow = Static<typeof SyncWindowSchema>;
export type AppProjectSpec = Static<typeof AppProjectSpecSchema>;
export type ClusterResourceRule = Static<typeof ClusterResource>;
export type ResourceRule = Static<typeof GroupKind>;

/** An AppProject as it travels over the wire. */
export interface AppProject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: AppProjectSpec;
  status?: Static<typeof AppProjectStatusSchema>;
  [field: string]: unknown;
}
