import type { IncomingMessage, ServerResponse } from 'node:http';
import { admitDelete } from '../admission/admit-delete.ts';
import {
  ApiError,
  badRequest,
  conflict,
  methodNotAllowed,
  noSuchPath,
  notFound,
  unsupportedMediaType,
} from '../api-error.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import { isObject, type JsonObject, numberAt, objectAt, stringAt, valueAt } from '../json.ts';
import { patchObject, patchTypes } from '../patch/patch-object.ts';
import type { Reply } from '../requests/reply.ts';
import { negotiate, type Representation, represent, representList } from '../requests/representation.ts';
import { asObject, parseObject, parseYaml, type RequestBody, readBody } from '../requests/request-body.ts';
import type { ResourceRequest } from '../requests/request-info.ts';
import { writeOptions } from '../requests/write-options.ts';
import { hasSubresource, type ResourceType, splitApiVersion } from '../resources/resource-type.ts';
import { parseFieldSelector } from '../selectors/field-selector.ts';
import { parseLabelSelector } from '../selectors/label-selector.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import { serveWatch } from '../watch/serve-watch.ts';
import { fromStorageVersion } from '../writes/convert-version.ts';
import { type DeleteOptions, propagationFrom } from '../writes/object-deleter.ts';
import { type Plan, requireResourceVersion, StalePlanError, type WriteResult } from '../writes/object-writer.ts';
import type { WriteRequest } from '../writes/write-request.ts';
import type { ApiServices } from './api-services.ts';
import { checkListVersion } from './list-pages.ts';
import { bindPod, evictPod, streamPodLog } from './pod-subresources.ts';
import { answerReview } from './reviews.ts';
import { readScale, replaceScale, scaleOf } from './scale.ts';
import { requestToken } from './token-request.ts';

export interface ResourceCall {
  services: ApiServices;
  info: ResourceRequest;
  type: ResourceType;
  query: URLSearchParams;
  user: UserInfo;
  request: IncomingMessage;
  response: ServerResponse;
}

/** Resources whose deletion is answered with what was deleted instead of a Status. */
const returnedWhenDeleted = new Set([
  '/namespaces',
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'storage.k8s.io/storageclasses',
]);
const itemSubresources = new Set(['', 'status']);
const maxWriteAttempts = 8;

const deprecations: Record<string, string> = {
  '/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

/** Answers one request for a resource; undefined when the answer is a stream that was begun. */
export async function handleResource(call: ResourceCall): Promise<Reply | undefined> {
  const answer = await answerResource(call);
  const warning = call.type.custom?.deprecationWarning ?? deprecations[call.type.id];
  if (answer === undefined || warning === undefined) return answer;
  return { ...answer, warnings: [warning, ...(answer.warnings ?? [])] };
}

async function answerResource(call: ResourceCall): Promise<Reply | undefined> {
  const { type, info, query, request } = call;
  if (type.createOnly) return { code: 201, body: answerReview(call, parseObject(await readBody(request))) };
  const as = negotiate(request.headers.accept ?? '', query);
  if (info.name === '') return handleCollection(call, as);
  if (itemSubresources.has(info.subresource)) {
    if (info.subresource !== '' && !hasSubresource(type, info.subresource)) throw noSuchPath();
    return handleItem(call, as);
  }
  return handleSubresource(call);
}

async function handleCollection(call: ResourceCall, as: Representation): Promise<Reply | undefined> {
  const { info, request } = call;
  switch (info.verb) {
    case 'list':
      return list(call, as);
    case 'watch':
      return watch(call, as);
    case 'create':
      return create(call, as, parseObject(await readBody(request), call.type.kind));
    case 'deletecollection':
      return deleteCollection(call, as, await readBody(request));
    default:
      throw methodNotAllowed();
  }
}

async function handleItem(call: ResourceCall, as: Representation): Promise<Reply | undefined> {
  const { info, type, request } = call;
  switch (info.verb) {
    case 'get':
      return reply(200, represent(type, requireLive(call), as), as);
    case 'watch':
      return watch(call, as);
    case 'update':
      return replace(call, as, parseObject(await readBody(request), type.kind));
    case 'patch':
      return patch(call, as, await readBody(request));
    case 'delete':
      return remove(call, await readBody(request));
    default:
      throw methodNotAllowed();
  }
}

async function handleSubresource(call: ResourceCall): Promise<Reply | undefined> {
  const { info, type, request, services } = call;
  if (!hasSubresource(type, info.subresource)) throw noSuchPath();
  const live = requireLive(call);
  switch (`${info.verb} ${info.subresource}`) {
    case 'get scale':
      return { code: 200, body: scaleOf(type, fromStorageVersion(type, live)) };
    case 'update scale':
    case 'patch scale':
      return changeScale(call, await readBody(request));
    case 'get log':
      return streamPodLog(call, live);
    case 'create eviction':
      return evictPod(services, live, parseObject(await readBody(request)));
    case 'create binding': {
      const binding = parseObject(await readBody(request));
      await write(call, () =>
        services.writer.planUpdate(type, requireLive(call), bindPod(requireLive(call), binding), writeRequest(call)),
      );
      return { code: 201, body: success() };
    }
    case 'create token':
      return { code: 201, body: requestToken(services, live, parseObject(await readBody(request))) };
    case 'get exec':
    case 'create exec':
    case 'get attach':
    case 'create attach':
    case 'get portforward':
    case 'create portforward':
      throw new ApiError(
        501,
        'NotImplemented',
        `the Pods of a sandbox run no processes: ${info.subresource} needs a real cluster`,
      );
    case 'update finalize': {
      const body = parseObject(await readBody(request));
      return { code: 200, body: finalizeNamespace(call, body) };
    }
    default:
      throw methodNotAllowed();
  }
}

function selectorsOf({ query, type, info }: ResourceCall): {
  matches: ((object: StoredObject) => boolean) | undefined;
  name: string | undefined;
} {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', type);
  const name = info.name === '' ? fields?.name : info.name;
  if (labels === undefined && fields === undefined && name === undefined) return { matches: undefined, name };
  return {
    name,
    matches: (object) =>
      (name === undefined || object.metadata.name === name) &&
      (labels === undefined || labels(object.metadata.labels ?? {})) &&
      (fields === undefined || fields.matches(object)),
  };
}

function list(call: ResourceCall, as: Representation): Reply {
  const { services, type, info, query } = call;
  const { store, pages } = services;
  const limit = Number(query.get('limit') ?? 0);
  const token = query.get('continue') ?? '';
  if (token === '')
    checkListVersion(query.get('resourceVersion') ?? '', query.get('resourceVersionMatch') ?? '', store.revision);
  let page: ReturnType<typeof pages.first>;
  if (token === '') {
    const { matches } = selectorsOf(call);
    const all = store.list(type.id, info.namespace === '' || !type.namespaced ? undefined : info.namespace);
    page = pages.first(matches === undefined ? all : all.filter(matches), String(store.revision), limit);
  } else page = pages.next(token, limit);
  const metadata: JsonObject = {
    resourceVersion: page.resourceVersion,
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  return reply(200, representList(type, page.objects, metadata, as), as);
}

function watch(call: ResourceCall, as: Representation): undefined {
  const { services, type, info, query, response } = call;
  const isSet = (name: string): boolean => ['true', '1'].includes(query.get(name) ?? '');
  const timeoutSeconds = Number(query.get('timeoutSeconds') ?? 0);
  const stop = serveWatch(services.store, response, {
    type,
    namespace: type.namespaced ? info.namespace : '',
    matches: selectorsOf(call).matches,
    resourceVersion: query.get('resourceVersion') ?? '',
    sendInitialEvents: isSet('sendInitialEvents'),
    allowBookmarks: isSet('allowWatchBookmarks'),
    // As upstream: half an hour to an hour, so that clients do not all come back at once.
    timeoutMs: 1000 * (timeoutSeconds > 0 ? timeoutSeconds : 1800 + Math.floor(Math.random() * 1800)),
    bookmarkIntervalMs: services.bookmarkIntervalMs,
    as,
  });
  services.watches.add(stop);
  // A definition that is deleted takes its watches along.
  const forget = services.registry.onChange(() => {
    if (services.registry.find(type.group, type.version, type.plural) === undefined) stop();
  });
  response.on('close', () => {
    forget();
    services.watches.delete(stop);
  });
  return undefined;
}

async function create(call: ResourceCall, as: Representation, body: JsonObject): Promise<Reply> {
  const { services, type, info } = call;
  checkType(call, body);
  const namespace = stringAt(body, 'metadata', 'namespace') ?? '';
  if (type.namespaced && namespace !== '' && namespace !== info.namespace && info.namespace !== '')
    throw wrongNamespace();
  if (type.namespaced && info.namespace === '') throw methodNotAllowed();
  const request = writeRequest(call);
  const { object } = await write(call, () => services.writer.planCreate(type, body, info.namespace, request));
  return reply(201, represent(type, object, as), as, request.warnings);
}

async function replace(call: ResourceCall, as: Representation, body: JsonObject): Promise<Reply> {
  const { services, type, info } = call;
  checkType(call, body);
  const name = stringAt(body, 'metadata', 'name') ?? '';
  if (name !== info.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  const namespace = stringAt(body, 'metadata', 'namespace') ?? '';
  if (type.namespaced && namespace !== '' && namespace !== info.namespace) throw wrongNamespace();
  const request = writeRequest(call);
  requireLive(call);
  requireResourceVersion(type, body);
  const { object } = await write(call, () => services.writer.planUpdate(type, requireLive(call), body, request));
  return reply(200, represent(type, object, as), as, request.warnings);
}

async function patch(call: ResourceCall, as: Representation, body: RequestBody): Promise<Reply> {
  const { services, type, info, query } = call;
  const request = writeRequest(call);
  if (body.mediaType === patchTypes.apply) {
    if (info.subresource !== '') requireLive(call);
    const config = asObject(parseYaml(body.bytes));
    const force = query.get('force') === 'true';
    request.manager = query.get('fieldManager') ?? '';
    const at = { namespace: type.namespaced ? info.namespace : '', name: info.name };
    const { object, created } = await write(call, () =>
      services.writer.planApply(type, at, config, { force, request }),
    );
    return reply(created ? 201 : 200, represent(type, object, as), as, request.warnings);
  }
  if (!patchMediaTypes(type).includes(body.mediaType)) throw unsupportedMediaType(patchMediaTypes(type));
  const { object } = await write(call, () => {
    const live = requireLive(call);
    const patched = patchObject(type, fromStorageVersion(type, live), body);
    return services.writer.planUpdate(type, live, patched.object, { ...request, patch: patched.quote });
  });
  return reply(200, represent(type, object, as), as, request.warnings);
}

function patchMediaTypes(type: ResourceType): string[] {
  const { json, merge, strategic, apply } = patchTypes;
  return type.custom === undefined ? [json, merge, strategic, apply] : [json, merge, apply];
}

async function remove(call: ResourceCall, body: RequestBody): Promise<Reply> {
  const { services, type } = call;
  const options = deleteOptions(call, body);
  const live = requireLive(call);
  await admitDelete(services, { type, live, user: call.user, dryRun: options.dryRun === true });
  const { object, removed } = services.deleter.delete(type, requireLive(call), options);
  if (!removed || returnedWhenDeleted.has(type.id)) return { code: 200, body: fromStorageVersion(type, object) };
  return {
    code: 200,
    body: success({
      name: object.metadata.name,
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.plural,
      uid: object.metadata.uid,
    }),
  };
}

async function deleteCollection(call: ResourceCall, as: Representation, body: RequestBody): Promise<Reply> {
  const { services, type, info } = call;
  const options = deleteOptions(call, body);
  const { matches } = selectorsOf(call);
  const all = services.store.list(type.id, info.namespace === '' ? undefined : info.namespace);
  const doomed = matches === undefined ? all : all.filter(matches);
  const deleted: StoredObject[] = [];
  for (const live of doomed) {
    await admitDelete(services, { type, live, user: call.user, dryRun: options.dryRun === true });
    const current = services.store.get(type.id, live.metadata.namespace ?? '', live.metadata.name);
    if (current !== undefined) deleted.push(services.deleter.delete(type, current, options).object);
  }
  return reply(200, representList(type, deleted, { resourceVersion: String(services.store.revision) }, as), as);
}

async function changeScale(call: ResourceCall, body: RequestBody): Promise<Reply> {
  const { services, type, info } = call;
  const request = { ...writeRequest(call), subresource: 'scale' };
  const { object } = await write(call, () => {
    const live = requireLive(call);
    const current = fromStorageVersion(type, live);
    const wanted = info.verb === 'update' ? readScale(parseObject(body)) : readScale(patchScale(type, current, body));
    return services.writer.planUpdate(type, live, replaceScale(type, current, wanted), request);
  });
  return { code: 200, body: scaleOf(type, fromStorageVersion(type, object)), warnings: request.warnings };
}

function patchScale(type: ResourceType, live: StoredObject, body: RequestBody): JsonObject {
  const scale = scaleOf(type, live);
  if (body.mediaType === patchTypes.apply) {
    return { ...scale, spec: objectAt(parseYaml(body.bytes), 'spec') };
  }
  const mediaType = body.mediaType === patchTypes.strategic ? patchTypes.merge : body.mediaType;
  return patchObject(type, scale as StoredObject, { ...body, mediaType }).object;
}

/** Namespace controllers of others may take their finalizer from `spec` through this endpoint only. */
function finalizeNamespace(call: ResourceCall, body: JsonObject): JsonObject {
  const { services, type } = call;
  const live = requireLive(call);
  const finalizers = valueAt(body, 'spec', 'finalizers');
  const spec = { ...objectAt(live, 'spec') };
  if (Array.isArray(finalizers) && finalizers.length > 0) spec['finalizers'] = finalizers;
  else delete spec['finalizers'];
  const finalized: StoredObject = { ...live, spec };
  const isGone =
    live.metadata.deletionTimestamp !== undefined &&
    spec['finalizers'] === undefined &&
    (live.metadata.finalizers ?? []).length === 0;
  return isGone ? services.store.remove(type.id, finalized) : services.store.put(type.id, finalized);
}

/** Plans, asks the webhooks and stores; plans again when the object changed in between, as a real server does. */
async function write({ services, info, type }: ResourceCall, plan: () => Plan): Promise<WriteResult> {
  for (let attempt = 0; attempt < maxWriteAttempts; attempt += 1) {
    const planned = plan();
    if (services.webhooks.isInterestedIn(planned)) await services.webhooks.mutate(planned, services.writer);
    services.writer.check(planned);
    if (services.webhooks.isInterestedIn(planned)) await services.webhooks.validate(planned);
    try {
      return services.writer.commit(planned);
    } catch (error) {
      if (!(error instanceof StalePlanError)) throw error;
    }
  }
  throw conflict(
    type,
    info.name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

function requireLive({ services, type, info }: ResourceCall): StoredObject {
  const live = services.store.get(type.id, type.namespaced ? info.namespace : '', info.name);
  if (live === undefined) throw notFound(type, info.name);
  return live;
}

function writeRequest({ query, user, info, request }: ResourceCall): WriteRequest {
  const { fieldValidation, dryRun } = writeOptions(info.verb, query);
  const program = (request.headers['user-agent'] ?? '').split('/')[0] ?? '';
  return {
    user,
    manager: query.get('fieldManager') ?? (program === '' ? 'unknown' : program),
    dryRun,
    fieldValidation,
    warnings: [],
    subresource: info.subresource,
  };
}

function deleteOptions({ query }: ResourceCall, body: RequestBody): DeleteOptions {
  const given = body.bytes.length === 0 ? {} : parseObject(body);
  const grace = numberAt(given, 'gracePeriodSeconds') ?? numberFrom(query.get('gracePeriodSeconds'));
  const orphans = given['orphanDependents'] ?? booleanFrom(query.get('orphanDependents'));
  const propagation = propagationFrom(
    stringAt(given, 'propagationPolicy') ?? query.get('propagationPolicy') ?? undefined,
    orphans,
  );
  const uid = stringAt(given, 'preconditions', 'uid');
  const resourceVersion = stringAt(given, 'preconditions', 'resourceVersion');
  const dryRun =
    query.getAll('dryRun').includes('All') || (Array.isArray(given['dryRun']) && given['dryRun'].includes('All'));
  return {
    dryRun,
    ...(propagation === undefined ? {} : { propagation }),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(resourceVersion === undefined || resourceVersion === '' ? {} : { resourceVersion }),
  };
}

function numberFrom(text: string | null): number | undefined {
  return text === null || text === '' ? undefined : Number(text);
}

function booleanFrom(text: string | null): boolean | undefined {
  return text === null || text === '' ? undefined : text === 'true';
}

function checkType({ services, type }: ResourceCall, body: JsonObject): void {
  const apiVersion = stringAt(body, 'apiVersion') ?? '';
  const kind = (stringAt(body, 'kind') ?? '') || type.kind;
  const { group, version } = apiVersion === '' ? type : splitApiVersion(apiVersion);
  if (body['metadata'] !== undefined && !isObject(body['metadata'])) throw badRequest('metadata must be an object');
  if (group === type.group && version === type.version && kind === type.kind) return;
  const failure = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}`;
  if (services.registry.findKind(group, version, kind) === undefined) {
    const where = 'in scheme "pkg/runtime/scheme.go:110"';
    throw badRequest(
      `${failure}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} ${where}`,
    );
  }
  if (kind === type.kind) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${type.apiVersion})`,
    );
  }
  const inner = type.group === '' ? 'core' : (type.group.split('.')[0] ?? '');
  throw badRequest(`${failure}: converting (${version}.${kind}) to (${inner}.${type.kind}): unknown conversion`);
}

function wrongNamespace(): ApiError {
  return badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function reply(code: number, body: unknown, as: Representation, warnings: string[] = []): Reply {
  return { code, body, format: as.format, warnings };
}

function success(details?: JsonObject): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
  };
}
