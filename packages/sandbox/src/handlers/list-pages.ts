import { ApiError, badRequest, expired } from '../api-error.ts';
import { isObject, stringAt } from '../json.ts';
import type { StoredObject } from '../storage/internal-client.ts';

/** How many lists may be read page by page at once; the oldest is forgotten, and its reader must start again. */
const maxOpenLists = 64;

interface OpenList {
  objects: StoredObject[];
  resourceVersion: string;
}

export interface Page {
  objects: StoredObject[];
  resourceVersion: string;
  continueToken: string | undefined;
  remaining: number | undefined;
}

/**
 * Lists read in pages show one moment: the first page keeps what the list was (references only, as stored objects never
 * change), the following ones are cut from it.
 */
export class ListPages {
  private readonly open = new Map<string, OpenList>();
  private nextId = 1;

  first(objects: StoredObject[], resourceVersion: string, limit: number): Page {
    if (limit <= 0 || objects.length <= limit) {
      return { objects, resourceVersion, continueToken: undefined, remaining: undefined };
    }
    const id = String(this.nextId);
    this.nextId += 1;
    this.open.set(id, { objects, resourceVersion });
    const [oldest] = this.open.keys();
    if (this.open.size > maxOpenLists && oldest !== undefined) this.open.delete(oldest);
    return this.cut(id, { objects, resourceVersion }, 0, limit);
  }

  /** Throws 410 when the list was forgotten, 400 when the token is none of ours. */
  next(token: string, limit: number): Page {
    const { id, start } = parseToken(token);
    const list = this.open.get(id);
    if (list === undefined) {
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
    return this.cut(id, list, start, limit <= 0 ? list.objects.length : limit);
  }

  private cut(id: string, { objects, resourceVersion }: OpenList, start: number, limit: number): Page {
    const end = start + limit;
    const isLast = end >= objects.length;
    if (isLast) this.open.delete(id);
    return {
      objects: objects.slice(start, end),
      resourceVersion,
      continueToken: isLast ? undefined : Buffer.from(JSON.stringify({ id, start: end })).toString('base64url'),
      remaining: isLast ? undefined : objects.length - end,
    };
  }
}

function parseToken(token: string): { id: string; start: number } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    const id = stringAt(parsed, 'id');
    if (isObject(parsed) && id !== undefined && typeof parsed['start'] === 'number')
      return { id, start: parsed['start'] };
  } catch {
    // Answered below, like any other token that is none.
  }
  throw badRequest('invalid continue token: continue key is not valid: the token was not issued by this server');
}

/** Checks `resourceVersion` and `resourceVersionMatch` of a list against what the store can answer. */
export function checkListVersion(wanted: string, match: string, currentRevision: number): void {
  if (match !== '' && wanted === '') {
    throw new ApiError(
      422,
      'Invalid',
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      {
        group: 'meta.k8s.io',
        kind: 'ListOptions',
      },
    );
  }
  if (wanted === '' || wanted === '0') return;
  const revision = Number(wanted);
  if (!Number.isInteger(revision) || revision < 0)
    throw badRequest(
      `Invalid value: ${JSON.stringify(wanted)}: strconv.ParseUint: parsing ${JSON.stringify(wanted)}: invalid syntax`,
    );
  if (revision > currentRevision) {
    throw new ApiError(
      504,
      'Timeout',
      `Timeout: Too large resource version: ${revision}, current: ${currentRevision}`,
      {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    );
  }
  if (match === 'Exact' && revision !== currentRevision) {
    throw expired('The resourceVersion for the provided list is too old.');
  }
}
