import type { ServerResponse } from 'node:http';
import { expired, statusOf } from '../api-error.ts';
import type { JsonObject } from '../json.ts';
import { type Representation, represent } from '../requests/representation.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { ChangeType, StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore, StoreEvent } from '../storage/object-store.ts';

export interface WatchRequest {
  type: ResourceType;
  /** '' for every namespace. */
  namespace: string;
  /** Undefined when there is no selector. */
  matches: ((object: StoredObject) => boolean) | undefined;
  /** Where to go on from; '' and '0' start with everything there is. */
  resourceVersion: string;
  sendInitialEvents: boolean;
  allowBookmarks: boolean;
  timeoutMs: number;
  bookmarkIntervalMs: number;
  as: Representation;
}

/** A client that reads this slowly is cut off; it lists again when it comes back. */
const maxUnsentBytes = 32 * 1024 * 1024;

/**
 * Streams changes as lines of JSON until the client goes, the time is up or `stop` is called. A change that makes an
 * object match a selector is ADDED for this client, one that makes it no longer match is DELETED. Returns `stop`.
 */
export function serveWatch(store: ObjectStore, response: ServerResponse, request: WatchRequest): () => void {
  const { type, as } = request;
  response.writeHead(200, {
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
    'cache-control': 'no-cache, private',
  });
  response.flushHeaders();
  const writer = new EventWriter(response, type, as);
  const isSelected = (object: StoredObject): boolean => {
    if (request.namespace !== '' && object.metadata.namespace !== request.namespace) return false;
    return request.matches === undefined || request.matches(object);
  };
  const deliver = (event: Omit<StoreEvent, 'text'> & { text?: string }): void => {
    const outcome = outcomeOf(event, isSelected);
    if (outcome === undefined) return;
    // What the client deselects is DELETED in the state it last matched, under the version of the change.
    const { previous } = event;
    if (outcome === 'DELETED' && event.type === 'MODIFIED' && previous !== undefined) {
      writer.event(outcome, withVersion(previous, event.revision), undefined);
    } else writer.event(outcome, event.object, event.text);
    if (response.writableLength > maxUnsentBytes) response.destroy();
  };

  const start = initialEvents(store, request, isSelected);
  if (start === undefined) {
    const oldest = store.history.oldestFor(type.id);
    writer.raw('ERROR', statusOf(expired(`too old resource version: ${request.resourceVersion} (${oldest})`)));
    response.end();
    return () => {};
  }
  for (const event of start) deliver(event);
  if (request.sendInitialEvents) writer.bookmark(store.revision, true);

  const unsubscribe = store.subscribe((event) => {
    if (event.resource === type.id) deliver(event);
  });
  const bookmarks = request.allowBookmarks
    ? setInterval(() => writer.bookmark(store.revision, false), request.bookmarkIntervalMs)
    : undefined;
  const stop = (): void => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(timeout);
    response.end();
  };
  const timeout = setTimeout(() => {
    if (request.allowBookmarks) writer.bookmark(store.revision, false);
    stop();
  }, request.timeoutMs);
  response.on('close', stop);
  return stop;
}

/** Undefined when the version asked for is no longer, or not yet, known. */
function initialEvents(
  store: ObjectStore,
  { type, namespace, resourceVersion, sendInitialEvents }: WatchRequest,
  isSelected: (object: StoredObject) => boolean,
): Omit<StoreEvent, 'text'>[] | undefined {
  const fromNow = resourceVersion === '' || resourceVersion === '0';
  if (!fromNow && !sendInitialEvents) {
    const revision = Number(resourceVersion);
    // A version from the future is one of an earlier life of this server: the client must list again.
    return revision > store.revision ? undefined : store.history.since(type.id, revision);
  }
  return store
    .list(type.id, namespace === '' ? undefined : namespace)
    .filter(isSelected)
    .map((object) => ({
      type: 'ADDED',
      resource: type.id,
      revision: Number(object.metadata.resourceVersion),
      object,
      previous: undefined,
    }));
}

function outcomeOf(
  event: Omit<StoreEvent, 'text'>,
  isSelected: (object: StoredObject) => boolean,
): ChangeType | undefined {
  const before = event.previous !== undefined && isSelected(event.previous);
  if (event.type === 'DELETED') return before ? 'DELETED' : undefined;
  const now = isSelected(event.object);
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function withVersion(object: StoredObject, revision: number): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

class EventWriter {
  private readonly response: ServerResponse;
  private readonly type: ResourceType;
  private readonly as: Representation;
  private isFirst = true;

  constructor(response: ServerResponse, type: ResourceType, as: Representation) {
    this.response = response;
    this.type = type;
    this.as = as;
  }

  event(type: ChangeType, object: StoredObject, text: string | undefined): void {
    const canSendAsStored =
      text !== undefined && this.as.shape === 'object' && object.apiVersion === this.type.apiVersion;
    if (canSendAsStored) {
      this.response.write(`{"type":"${type}","object":${text}}\n`);
      return;
    }
    const shown = represent(this.type, object, this.as);
    // The columns of a table are told once.
    if (this.as.shape === 'table' && !this.isFirst) shown['columnDefinitions'] = null;
    this.isFirst = false;
    this.raw(type, shown);
  }

  bookmark(revision: number, endsInitialEvents: boolean): void {
    const metadata: JsonObject = { resourceVersion: String(revision), creationTimestamp: null };
    if (endsInitialEvents) metadata['annotations'] = { 'k8s.io/initial-events-end': 'true' };
    const isWhole = this.as.shape !== 'metadata';
    this.raw('BOOKMARK', {
      kind: isWhole ? this.type.kind : 'PartialObjectMetadata',
      apiVersion: isWhole ? this.type.apiVersion : `meta.k8s.io/${this.as.metaVersion}`,
      metadata,
    });
  }

  raw(type: string, object: JsonObject): void {
    this.response.write(`${JSON.stringify({ type, object })}\n`);
  }
}
