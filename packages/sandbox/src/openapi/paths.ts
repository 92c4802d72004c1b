import type { JsonObject } from '@lockstep/structured-merge';

/** A resource type as its paths need it; built-in and custom ones alike. */
export interface PathResource {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  verbs: string[];
  subresources: { name: string; group: string; version: string; kind: string; verbs: string[] }[];
}

/** `/api/v1` or `/apis/apps/v1`. */
export function rootPathOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/**
 * The OpenAPI paths of resource types: the operations with the kind they act on and the query parameters kubectl looks
 * for (`fieldValidation`, `dryRun`, `fieldManager`). `componentOf` names the component of a kind.
 */
export function pathsOf(
  resources: readonly PathResource[],
  componentOf: (gvk: Gvk) => string | undefined,
): Record<string, JsonObject> {
  const paths: Record<string, JsonObject> = {};
  for (const resource of resources) {
    const collection = `${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
    const root = rootPathOf(resource);
    const gvk = { group: resource.group, version: resource.version, kind: resource.kind };
    const scope = resource.namespaced ? [pathParameter('namespace', 'object name and auth scope')] : [];
    const name = pathParameter('name', `name of the ${resource.kind}`);
    const on = operations(resource.verbs, gvk, componentOf(gvk));
    paths[root + collection] = item([...scope, pretty], {
      get: on('list', 'list', listParameters),
      post: on('create', 'post', writeParameters),
      delete: on('deletecollection', 'deletecollection', [...deleteParameters, ...listParameters]),
    });
    if (resource.namespaced && resource.verbs.includes('list')) {
      paths[`${root}/${resource.plural}`] = item([pretty, ...listParameters], { get: on('list', 'list', []) });
    }
    if (['get', 'update', 'patch', 'delete'].some((verb) => resource.verbs.includes(verb))) {
      paths[`${root}${collection}/{name}`] = item([name, ...scope, pretty], {
        get: on('get', 'get', []),
        put: on('update', 'put', writeParameters),
        patch: on('patch', 'patch', patchParameters),
        delete: on('delete', 'delete', deleteParameters),
      });
    }
    for (const subresource of resource.subresources) {
      const subGvk = { group: subresource.group, version: subresource.version, kind: subresource.kind };
      const onSub = operations(subresource.verbs, subGvk, componentOf(subGvk));
      paths[`${root}${collection}/{name}/${subresource.name}`] = item([name, ...scope, pretty], {
        get: onSub('get', 'get', []),
        post: onSub('create', 'post', writeParameters),
        put: onSub('update', 'put', writeParameters),
        patch: onSub('patch', 'patch', patchParameters),
      });
    }
  }
  return paths;
}

interface Gvk {
  group: string;
  version: string;
  kind: string;
}

function item(parameters: JsonObject[], byMethod: Record<string, JsonObject | undefined>): JsonObject {
  const present = Object.entries(byMethod).filter(([, operation]) => operation !== undefined);
  return { ...Object.fromEntries(present), parameters };
}

function operations(verbs: string[], gvk: Gvk, component: string | undefined) {
  const schema = component === undefined ? {} : { $ref: `#/components/schemas/${component}` };
  return (verb: string, action: string, parameters: JsonObject[]): JsonObject | undefined => {
    if (!verbs.includes(verb)) return undefined;
    const hasBody = ['post', 'put', 'patch'].includes(action);
    return {
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(hasBody
        ? { requestBody: { required: true, content: { [action === 'patch' ? applyType : '*/*']: { schema } } } }
        : {}),
      responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
    };
  };
}

const applyType = 'application/apply-patch+yaml';

function pathParameter(name: string, description: string): JsonObject {
  return { name, in: 'path', description, required: true, schema: { type: 'string', uniqueItems: true } };
}

function queryParameter(name: string, description: string, type = 'string'): JsonObject {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

const pretty = queryParameter('pretty', "If 'true', then the output is pretty printed.");
const dryRun = queryParameter(
  'dryRun',
  'When present, indicates that modifications should not be persisted. Valid values are: - All: all dry run stages will be processed',
);
const fieldManager = queryParameter(
  'fieldManager',
  'fieldManager is a name associated with the actor or entity that is making these changes.',
);
const fieldValidation = queryParameter(
  'fieldValidation',
  'fieldValidation instructs the server on how to handle objects in the request containing unknown or duplicate fields. Valid values are: Ignore, Warn, Strict',
);
const writeParameters = [dryRun, fieldManager, fieldValidation];
const patchParameters = [
  ...writeParameters,
  queryParameter('force', 'Force is going to "force" Apply requests.', 'boolean'),
];
const deleteParameters = [
  dryRun,
  queryParameter('gracePeriodSeconds', 'The duration in seconds before the object should be deleted.', 'integer'),
  queryParameter('orphanDependents', 'Deprecated: please use the PropagationPolicy.', 'boolean'),
  queryParameter('propagationPolicy', 'Whether and how garbage collection will be performed.'),
];
const listParameters = [
  queryParameter('allowWatchBookmarks', 'allowWatchBookmarks requests watch events with type "BOOKMARK".', 'boolean'),
  queryParameter('continue', 'The continue option should be set when retrieving more results from the server.'),
  queryParameter('fieldSelector', 'A selector to restrict the list of returned objects by their fields.'),
  queryParameter('labelSelector', 'A selector to restrict the list of returned objects by their labels.'),
  queryParameter('limit', 'limit is a maximum number of responses to return for a list call.', 'integer'),
  queryParameter('resourceVersion', 'resourceVersion sets a constraint on what versions a request may be served from.'),
  queryParameter(
    'resourceVersionMatch',
    'resourceVersionMatch determines how resourceVersion is applied to list calls.',
  ),
  queryParameter('sendInitialEvents', 'Begins a watch with synthetic events of the current state.', 'boolean'),
  queryParameter('timeoutSeconds', 'Timeout for the list/watch call.', 'integer'),
  queryParameter('watch', 'Watch for changes and return them as a stream of add, update, and remove.', 'boolean'),
];
