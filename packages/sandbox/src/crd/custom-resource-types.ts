import { isObject, listAt, objectAt, objectsAt, stringAt, stringsAt, valueAt } from '../json.ts';
import { customResourceDocument, customResourceType } from '../openapi/index.ts';
import { apiVersionFrom, type CustomVersion, type ResourceType, type Subresource } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** The resource types of a CustomResourceDefinition, one per served version. */
export function customResourceTypes(definition: StoredObject): ResourceType[] {
  const group = stringAt(definition, 'spec', 'group') ?? '';
  const names = objectAt(definition, 'spec', 'names');
  const plural = stringAt(names, 'plural') ?? '';
  const kind = stringAt(names, 'kind') ?? '';
  const listKind = stringAt(names, 'listKind') ?? `${kind}List`;
  const namespaced = stringAt(definition, 'spec', 'scope') === 'Namespaced';
  return objectsAt(definition, 'spec', 'versions')
    .filter((version) => version['served'] === true)
    .map((spec) => {
      const version = stringAt(spec, 'name') ?? '';
      const subresources = subresourcesOf(spec, { group, version, kind });
      const schema = objectAt(spec, 'schema', 'openAPIV3Schema');
      const document = customResourceDocument({
        group,
        version,
        kinds: [
          {
            kind,
            listKind,
            plural,
            namespaced,
            schema,
            subresources: subresources.map(({ name }) => name as 'status' | 'scale'),
          },
        ],
      });
      return {
        id: `${group}/${plural}`,
        group,
        version,
        apiVersion: apiVersionFrom(group, version),
        kind,
        listKind,
        plural,
        singular: stringAt(names, 'singular') ?? kind.toLowerCase(),
        namespaced,
        shortNames: stringsAt(names, 'shortNames'),
        categories: stringsAt(names, 'categories'),
        verbs,
        subresources,
        hasStatus: subresources.some(({ name }) => name === 'status'),
        createOnly: false,
        mergeType: customResourceType(document, { group, version, kind }),
        custom: customVersion(definition, spec),
      };
    });
}

function subresourcesOf(spec: object, own: { group: string; version: string; kind: string }): Subresource[] {
  const found: Subresource[] = [];
  const itemVerbs = ['get', 'patch', 'update'];
  if (isObject(valueAt(spec, 'subresources', 'status'))) found.push({ name: 'status', ...own, verbs: itemVerbs });
  if (isObject(valueAt(spec, 'subresources', 'scale'))) {
    found.push({ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: itemVerbs });
  }
  return found;
}

function customVersion(definition: StoredObject, spec: object): CustomVersion {
  const scale = objectAt(spec, 'subresources', 'scale');
  const schema = objectAt(spec, 'schema', 'openAPIV3Schema');
  const preserves = valueAt(definition, 'spec', 'preserveUnknownFields') === true;
  const kind = stringAt(definition, 'spec', 'names', 'kind') ?? '';
  const apiVersion = `${stringAt(definition, 'spec', 'group') ?? ''}/${stringAt(spec, 'name') ?? ''}`;
  return {
    definition: definition.metadata.name,
    schema: preserves ? undefined : schema,
    printerColumns: objectsAt(spec, 'additionalPrinterColumns'),
    selectableFields: listAt(spec, 'selectableFields').flatMap((field) => stringAt(field, 'jsonPath') ?? []),
    scale:
      stringAt(scale, 'specReplicasPath') === undefined
        ? undefined
        : {
            specReplicasPath: stringAt(scale, 'specReplicasPath') ?? '',
            statusReplicasPath: stringAt(scale, 'statusReplicasPath') ?? '',
            labelSelectorPath: stringAt(scale, 'labelSelectorPath'),
          },
    deprecationWarning:
      valueAt(spec, 'deprecated') === true
        ? (stringAt(spec, 'deprecationWarning') ?? `${apiVersion} ${kind} is deprecated`)
        : undefined,
  };
}
