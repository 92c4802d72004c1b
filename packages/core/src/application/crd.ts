import type { KubernetesObject } from '../kubernetes/object.ts';
import { AppProjectBodySchema } from './app-project.ts';
import { ApplicationBodySchema } from './application.ts';
import { ApplicationSetBodySchema } from './application-set.ts';

/** A JSON schema as TypeBox writes it. */
interface JsonSchema {
  [keyword: string]: unknown;
}

interface Definition {
  kind: string;
  plural: string;
  shortNames: string[];
  description: string;
  body: JsonSchema;
  columns?: { name: string; type: string; jsonPath: string; priority?: number }[];
  /** Absent: no `subresources` block at all, as Argo CD's own definition. */
  subresources?: Record<string, unknown>;
}

const DEFINITIONS: Definition[] = [
  {
    kind: 'Application',
    plural: 'applications',
    shortNames: ['app', 'apps'],
    description: 'Application is a definition of Application resource.',
    body: ApplicationBodySchema as unknown as JsonSchema,
    columns: [
      { name: 'Sync Status', type: 'string', jsonPath: '.status.sync.status' },
      { name: 'Health Status', type: 'string', jsonPath: '.status.health.status' },
      { name: 'Revision', type: 'string', jsonPath: '.status.sync.revision', priority: 10 },
      { name: 'Project', type: 'string', jsonPath: '.spec.project', priority: 10 },
    ],
    // Status is written through the main endpoint, by us and by every client of Argo CD.
    subresources: {},
  },
  {
    kind: 'AppProject',
    plural: 'appprojects',
    shortNames: ['appproj', 'appprojs'],
    description: 'AppProject provides a logical grouping of applications and what they may touch.',
    body: AppProjectBodySchema as unknown as JsonSchema,
  },
  {
    kind: 'ApplicationSet',
    plural: 'applicationsets',
    shortNames: ['appset', 'appsets'],
    description: 'ApplicationSet generates Applications from a template.',
    body: ApplicationSetBodySchema as unknown as JsonSchema,
    subresources: { status: {} },
  },
];

/** The three definitions with names, short names and printer columns equal to Argo CD's. */
export function customResourceDefinitions(): KubernetesObject[] {
  return DEFINITIONS.map(customResourceDefinition);
}

function customResourceDefinition(definition: Definition): KubernetesObject {
  const { kind, plural, shortNames, description, body, columns, subresources } = definition;
  const schema = structural(body) as { properties: Record<string, unknown>; required?: string[] };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.argoproj.io`,
      labels: { 'app.kubernetes.io/name': `${plural}.argoproj.io`, 'app.kubernetes.io/part-of': 'argocd' },
    },
    spec: {
      group: 'argoproj.io',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          ...(columns === undefined
            ? {}
            : {
                additionalPrinterColumns: [
                  ...columns,
                  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', priority: 10 },
                ],
              }),
          ...(subresources === undefined ? {} : { subresources }),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              required: ['metadata', ...(schema.required ?? [])],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                ...schema.properties,
              },
            },
          },
        },
      ],
    },
  };
}

/**
 * A structural schema from what TypeBox writes: maps become `additionalProperties`, keywords that Kubernetes does not
 * know are left out.
 */
function structural(schema: JsonSchema): JsonSchema {
  const result: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    switch (keyword) {
      case 'properties':
        result['properties'] = Object.fromEntries(
          Object.entries(value as Record<string, JsonSchema>).map(([name, property]) => [name, structural(property)]),
        );
        break;
      case 'patternProperties':
        result['additionalProperties'] = structural(Object.values(value as Record<string, JsonSchema>)[0] ?? {});
        break;
      case 'items':
        result['items'] = structural(value as JsonSchema);
        break;
      case 'type':
        // An int-or-string has no type of its own.
        if (schema['x-kubernetes-int-or-string'] !== true) result['type'] = value;
        break;
      case 'required':
        if ((value as string[]).length > 0) result['required'] = value;
        break;
      default:
        if (KEPT_KEYWORDS.has(keyword)) result[keyword] = value;
    }
  }
  return result;
}

const KEPT_KEYWORDS = new Set([
  'description',
  'format',
  'anyOf',
  'x-kubernetes-int-or-string',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
]);
