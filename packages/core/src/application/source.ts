import Type, { type Static } from 'typebox';
import { intOrString, literal, stringMap, strings } from './schema.ts';

const NameValue = Type.Object({ name: Type.String(), value: Type.String() });

export const HelmParameterSchema = Type.Object({
  name: Type.Optional(Type.String({ description: 'Path of the value, as `helm --set` reads it.' })),
  value: Type.Optional(Type.String()),
  forceString: Type.Optional(Type.Boolean({ description: 'Pass the value with --set-string.' })),
});

export const HelmSchema = Type.Object({
  valueFiles: Type.Optional(
    strings('Value files: relative to the path, `/` from the repository root, `$ref/…`, or a URL.'),
  ),
  ignoreMissingValueFiles: Type.Optional(Type.Boolean()),
  values: Type.Optional(Type.String({ description: 'Extra values as YAML text; valuesObject wins over it.' })),
  valuesObject: Type.Optional(
    Type.Unsafe<Record<string, unknown>>({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  ),
  parameters: Type.Optional(Type.Array(HelmParameterSchema)),
  fileParameters: Type.Optional(
    Type.Array(Type.Object({ name: Type.Optional(Type.String()), path: Type.Optional(Type.String()) })),
  ),
  releaseName: Type.Optional(Type.String({ description: 'Name of the release; the application name by default.' })),
  namespace: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  passCredentials: Type.Optional(Type.Boolean()),
  skipCrds: Type.Optional(Type.Boolean()),
  skipTests: Type.Optional(Type.Boolean()),
  skipSchemaValidation: Type.Optional(Type.Boolean()),
  kubeVersion: Type.Optional(Type.String()),
  apiVersions: Type.Optional(strings()),
});

export const KustomizePatchSchema = Type.Object({
  path: Type.Optional(Type.String()),
  patch: Type.Optional(Type.String()),
  target: Type.Optional(
    Type.Object({
      group: Type.Optional(Type.String()),
      version: Type.Optional(Type.String()),
      kind: Type.Optional(Type.String()),
      name: Type.Optional(Type.String()),
      namespace: Type.Optional(Type.String()),
      labelSelector: Type.Optional(Type.String()),
      annotationSelector: Type.Optional(Type.String()),
    }),
  ),
  options: Type.Optional(Type.Record(Type.String(), Type.Boolean())),
});

export const KustomizeSchema = Type.Object({
  namePrefix: Type.Optional(Type.String()),
  nameSuffix: Type.Optional(Type.String()),
  images: Type.Optional(strings('Image overrides: `[old=]name[:tag|@digest]`.')),
  replicas: Type.Optional(Type.Array(Type.Object({ name: Type.String(), count: intOrString() }))),
  commonLabels: Type.Optional(stringMap()),
  forceCommonLabels: Type.Optional(Type.Boolean()),
  labelWithoutSelector: Type.Optional(Type.Boolean()),
  labelIncludeTemplates: Type.Optional(Type.Boolean()),
  commonAnnotations: Type.Optional(stringMap()),
  forceCommonAnnotations: Type.Optional(Type.Boolean()),
  commonAnnotationsEnvsubst: Type.Optional(Type.Boolean()),
  namespace: Type.Optional(Type.String()),
  patches: Type.Optional(Type.Array(KustomizePatchSchema)),
  components: Type.Optional(strings()),
  ignoreMissingComponents: Type.Optional(Type.Boolean()),
  version: Type.Optional(Type.String()),
  kubeVersion: Type.Optional(Type.String()),
  apiVersions: Type.Optional(strings()),
});

export const JsonnetVariableSchema = Type.Object({
  name: Type.String(),
  value: Type.String(),
  code: Type.Optional(Type.Boolean({ description: 'The value is Jsonnet code, not a string.' })),
});

export const DirectorySchema = Type.Object({
  recurse: Type.Optional(Type.Boolean()),
  include: Type.Optional(Type.String({ description: 'Glob of the files to read; a list in braces.' })),
  exclude: Type.Optional(Type.String({ description: 'Glob of the files to leave out; wins over include.' })),
  disableExtensionFilter: Type.Optional(Type.Boolean()),
  jsonnet: Type.Optional(
    Type.Object({
      extVars: Type.Optional(Type.Array(JsonnetVariableSchema)),
      tlas: Type.Optional(Type.Array(JsonnetVariableSchema)),
      libs: Type.Optional(strings()),
    }),
  ),
});

export const PluginSchema = Type.Object({
  name: Type.Optional(Type.String()),
  env: Type.Optional(Type.Array(NameValue)),
  parameters: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.Optional(Type.String()),
        string: Type.Optional(Type.String()),
        array: Type.Optional(strings()),
        map: Type.Optional(stringMap()),
      }),
    ),
  ),
});

/** Where manifests come from and how they are rendered. */
export const ApplicationSourceSchema = Type.Object({
  repoURL: Type.String({ description: 'URL of the Git, Helm or OCI repository.' }),
  path: Type.Optional(Type.String({ description: 'Directory in the repository; required unless chart is set.' })),
  targetRevision: Type.Optional(
    Type.String({ description: 'Branch, tag, commit or semantic version constraint; HEAD by default.' }),
  ),
  chart: Type.Optional(Type.String({ description: 'Helm chart name, for a Helm repository.' })),
  ref: Type.Optional(
    Type.String({ description: 'Name under which other sources may read this repository as `$ref/…`.' }),
  ),
  name: Type.Optional(Type.String()),
  tagPrefix: Type.Optional(Type.String()),
  helm: Type.Optional(HelmSchema),
  kustomize: Type.Optional(KustomizeSchema),
  directory: Type.Optional(DirectorySchema),
  plugin: Type.Optional(PluginSchema),
});

/** Dry sources are rendered and committed to a branch; the branch is what is synced. */
export const SourceHydratorSchema = Type.Object({
  drySource: Type.Object({
    repoURL: Type.String(),
    path: Type.String(),
    targetRevision: Type.String(),
    helm: Type.Optional(HelmSchema),
    kustomize: Type.Optional(KustomizeSchema),
    directory: Type.Optional(DirectorySchema),
    plugin: Type.Optional(PluginSchema),
  }),
  syncSource: Type.Object({
    targetBranch: Type.String(),
    path: Type.String(),
    repoURL: Type.Optional(Type.String()),
  }),
  hydrateTo: Type.Optional(Type.Object({ targetBranch: Type.String() })),
});

export const DestinationSchema = Type.Object({
  server: Type.Optional(Type.String({ description: 'URL of the API server; either this or name.' })),
  name: Type.Optional(Type.String({ description: 'Name of a registered cluster; either this or server.' })),
  namespace: Type.Optional(Type.String({ description: 'Namespace of namespaced objects that name none.' })),
});

export const IgnoreDifferencesSchema = Type.Object({
  group: Type.Optional(Type.String()),
  kind: Type.String(),
  name: Type.Optional(Type.String()),
  namespace: Type.Optional(Type.String()),
  jsonPointers: Type.Optional(strings()),
  jqPathExpressions: Type.Optional(strings()),
  managedFieldsManagers: Type.Optional(strings()),
});

export const InfoSchema = NameValue;

export type ApplicationSource = Static<typeof ApplicationSourceSchema>;
export type HelmSource = Static<typeof HelmSchema>;
export type HelmParameter = Static<typeof HelmParameterSchema>;
export type KustomizeSource = Static<typeof KustomizeSchema>;
export type KustomizePatch = Static<typeof KustomizePatchSchema>;
export type DirectorySource = Static<typeof DirectorySchema>;
export type JsonnetVariable = Static<typeof JsonnetVariableSchema>;
export type PluginSource = Static<typeof PluginSchema>;
export type SourceHydrator = Static<typeof SourceHydratorSchema>;
export type ApplicationDestination = Static<typeof DestinationSchema>;
export type IgnoreDifferences = Static<typeof IgnoreDifferencesSchema>;

/** The literal type of `sourceType`, kept open in the schema as Argo CD's definition does. */
export const SourceTypeSchema = literal<'Directory' | 'Kustomize' | 'Helm' | 'Plugin' | ''>();
