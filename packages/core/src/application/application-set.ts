import Type, { type Static } from 'typebox';
import type { ObjectMeta } from '../kubernetes/object.ts';
import { ApplicationSpecSchema } from './application.ts';
import { GeneratorSchema, TemplateMetadataSchema } from './generators.ts';
import { int64, intOrString, literal, strings, time } from './schema.ts';

const Template = Type.Object({ metadata: TemplateMetadataSchema, spec: ApplicationSpecSchema });

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
