import Type, { type Static } from 'typebox';
import type { ObjectMeta } from '../kubernetes/object.ts';
import { ApplicationSpecSchema } from './application.ts';
import { anyJson, int64, intOrString, literal, openObject, stringMap, strings, time } from './schema.ts';

const LabelSelector = Type.Object({
  matchLabels: Type.Optional(stringMap()),
  matchExpressions: Type.Optional(
    Type.Array(Type.Object({ key: Type.String(), operator: Type.String(), values: Type.Optional(strings()) })),
  ),
});

const TemplateMetadata = Type.Object({
  name: Type.Optional(Type.String()),
  namespace: Type.Optional(Type.String()),
  labels: Type.Optional(stringMap()),
  annotations: Type.Optional(stringMap()),
  finalizers: Type.Optional(strings()),
});

/** In the set's own template the spec is complete; a generator's override may leave out anything. */
const Template = Type.Object({ metadata: TemplateMetadata, spec: ApplicationSpecSchema });
const TemplateOverride = openObject<{ metadata?: Static<typeof TemplateMetadata>; spec?: Record<string, unknown> }>();

const values = Type.Optional(stringMap());
const template = Type.Optional(TemplateOverride);
const requeueAfterSeconds = Type.Optional(int64());

const PathFilter = Type.Object({ path: Type.String(), exclude: Type.Optional(Type.Boolean()) });

/** Generators that stand alone. Provider blocks (`github`, `gitlab` …) are open: their fields belong to the provider. */
const leafGenerators = {
  list: Type.Optional(
    Type.Object({
      elements: Type.Optional(Type.Array(anyJson<Record<string, unknown>>())),
      elementsYaml: Type.Optional(Type.String()),
      template,
    }),
  ),
  clusters: Type.Optional(
    Type.Object({
      selector: Type.Optional(LabelSelector),
      values,
      flatList: Type.Optional(Type.Boolean()),
      template,
    }),
  ),
  git: Type.Optional(
    Type.Object({
      repoURL: Type.String(),
      revision: Type.Optional(Type.String()),
      directories: Type.Optional(Type.Array(PathFilter)),
      files: Type.Optional(Type.Array(PathFilter)),
      pathParamPrefix: Type.Optional(Type.String()),
      values,
      requeueAfterSeconds,
      template,
    }),
  ),
  scmProvider: Type.Optional(openObject()),
  pullRequest: Type.Optional(openObject()),
  clusterDecisionResource: Type.Optional(
    Type.Object({
      configMapRef: Type.String(),
      name: Type.Optional(Type.String()),
      labelSelector: Type.Optional(LabelSelector),
      values,
      requeueAfterSeconds,
      template,
    }),
  ),
  plugin: Type.Optional(
    Type.Object({
      configMapRef: Type.Object({ name: Type.String() }),
      input: Type.Optional(Type.Object({ parameters: Type.Optional(openObject()) })),
      values,
      requeueAfterSeconds,
      template,
    }),
  ),
  selector: Type.Optional(LabelSelector),
};

/** Matrix and merge nest generators; the schema leaves their children open because a structural schema cannot recurse. */
const NestedGenerator = openObject<Record<string, unknown>>();

export const GeneratorSchema = Type.Object({
  ...leafGenerators,
  matrix: Type.Optional(Type.Object({ generators: Type.Array(NestedGenerator), template })),
  merge: Type.Optional(Type.Object({ generators: Type.Array(NestedGenerator), mergeKeys: strings(), template })),
});

export const ApplicationSetSpecSchema = Type.Object({
  generators: Type.Array(GeneratorSchema),
  template: Template,
  templatePatch: Type.Optional(Type.String()),
  goTemplate: Type.Optional(Type.Boolean()),
  goTemplateOptions: Type.Optional(strings()),
  syncPolicy: Type.Optional(
    Type.Object({
      preserveResourcesOnDeletion: Type.Optional(Type.Boolean()),
      applicationsSync: Type.Optional(literal<'create-only' | 'create-update' | 'create-delete' | 'sync'>()),
    }),
  ),
  strategy: Type.Optional(
    Type.Object({
      type: Type.Optional(literal<'AllAtOnce' | 'RollingSync'>()),
      deletionOrder: Type.Optional(literal<'AllAtOnce' | 'Reverse'>()),
      rollingSync: Type.Optional(
        Type.Object({
          steps: Type.Optional(
            Type.Array(
              Type.Object({
                matchExpressions: Type.Optional(
                  Type.Array(
                    Type.Object({
                      key: Type.Optional(Type.String()),
                      operator: Type.Optional(Type.String()),
                      values: Type.Optional(strings()),
                    }),
                  ),
                ),
                maxUpdate: Type.Optional(intOrString()),
              }),
            ),
          ),
        }),
      ),
    }),
  ),
  preservedFields: Type.Optional(
    Type.Object({ annotations: Type.Optional(strings()), labels: Type.Optional(strings()) }),
  ),
  ignoreApplicationDifferences: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.Optional(Type.String()),
        jsonPointers: Type.Optional(strings()),
        jqPathExpressions: Type.Optional(strings()),
      }),
    ),
  ),
  applyNestedSelectors: Type.Optional(Type.Boolean()),
});

export const ApplicationSetStatusSchema = Type.Object({
  conditions: Type.Optional(
    Type.Array(
      Type.Object({
        type: Type.String(),
        status: Type.String(),
        reason: Type.String(),
        message: Type.String(),
        lastTransitionTime: Type.Optional(time()),
      }),
    ),
  ),
  applicationStatus: Type.Optional(
    Type.Array(
      Type.Object({
        application: Type.String(),
        status: Type.String(),
        step: Type.String(),
        message: Type.String(),
        targetRevisions: Type.Optional(strings()),
        lastTransitionTime: Type.Optional(time()),
      }),
    ),
  ),
  resources: Type.Optional(
    Type.Array(
      Type.Object({
        group: Type.Optional(Type.String()),
        version: Type.Optional(Type.String()),
        kind: Type.Optional(Type.String()),
        namespace: Type.Optional(Type.String()),
        name: Type.Optional(Type.String()),
        status: Type.Optional(Type.String()),
        hook: Type.Optional(Type.Boolean()),
        requiresPruning: Type.Optional(Type.Boolean()),
        requiresDeletionConfirmation: Type.Optional(Type.Boolean()),
        syncWave: Type.Optional(int64()),
        health: Type.Optional(
          Type.Object({
            status: Type.Optional(Type.String()),
            message: Type.Optional(Type.String()),
            lastTransitionTime: Type.Optional(time()),
          }),
        ),
      }),
    ),
  ),
  resourcesCount: Type.Optional(int64()),
  health: Type.Optional(
    Type.Object({
      status: Type.Optional(Type.String()),
      message: Type.Optional(Type.String()),
      lastTransitionTime: Type.Optional(time()),
    }),
  ),
});

export const ApplicationSetBodySchema = Type.Object({
  spec: ApplicationSetSpecSchema,
  status: Type.Optional(ApplicationSetStatusSchema),
});

/** A whole ApplicationSet, for validation of requests. */
export const ApplicationSetSchema = Type.Object({
  apiVersion: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  metadata: Type.Unsafe<ObjectMeta>({ type: 'object' }),
  ...ApplicationSetBodySchema.properties,
});

export type ApplicationSetGenerator = Static<typeof GeneratorSchema>;
export type ApplicationSetSpec = Static<typeof ApplicationSetSpecSchema>;
export type ApplicationSetStatus = Static<typeof ApplicationSetStatusSchema>;

/** An ApplicationSet as it travels over the wire. */
export interface ApplicationSet {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: ApplicationSetSpec;
  status?: ApplicationSetStatus;
  [field: string]: unknown;
}
