import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ResourceNode } from '../../store/read-models.ts';
import type { DestinationClient } from '../api-context.ts';

/** One line of a log, as Argo CD streams it. */
export interface LogEntry {
  content: string;
  timeStamp: string;
  timeStampStr: string;
  podName: string;
  last: boolean;
}

export interface LogRequest {
  container?: string;
  follow: boolean;
  previous: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  /** Entries after this time are left out. */
  untilTime?: string;
  /** Text a line must contain, `!text` must not. */
  filter?: string;
  matchCase: boolean;
}

/**
 * The logs of several Pods as one. What already exists comes in order of time; with `follow` new lines come as they are
 * written. Ends with an entry `last: true`. Stopping the iteration closes the streams.
 */
export async function* podLogs(
  client: DestinationClient,
  pods: readonly ResourceNode[],
  request: LogRequest,
): AsyncGenerator<LogEntry> {
  const abort = new AbortController();
  try {
    const streams = await Promise.all(
      pods.map(async (pod) => {
        const stream = await client.logs(
          { namespace: pod.namespace ?? '', name: pod.name },
          {
            timestamps: true,
            follow: request.follow,
            previous: request.previous,
            signal: abort.signal,
            ...(request.container ? { container: request.container } : {}),
            ...(request.tailLines === undefined ? {} : { tailLines: request.tailLines }),
            ...(request.sinceSeconds === undefined ? {} : { sinceSeconds: request.sinceSeconds }),
            ...(request.sinceTime === undefined ? {} : { sinceTime: request.sinceTime }),
          },
        );
        return entriesOf(stream, pod.name);
      }),
    );
    const isWanted = lineFilter(request);
    const merged = request.follow ? asTheyCome(streams) : inOrderOfTime(streams);
    for await (const entry of merged) {
      if (request.untilTime !== undefined && Date.parse(entry.timeStampStr) > Date.parse(request.untilTime)) continue;
      if (isWanted(entry.content)) yield entry;
    }
    const now = new Date().toISOString();
    yield { content: '', timeStamp: now, timeStampStr: now, podName: '', last: true };
  } finally {
    abort.abort();
  }
}

/** Listens for failures at once: a stream may break before anybody reads its first line. */
function entriesOf(stream: Readable, podName: string): AsyncGenerator<LogEntry> {
  const failure: { error?: Error } = {};
  stream.once('error', (error: Error) => {
    failure.error = error;
  });
  return readEntries(stream, podName, failure);
}

async function* readEntries(stream: Readable, podName: string, failure: { error?: Error }): AsyncGenerator<LogEntry> {
  if (!stream.destroyed) {
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    // A broken stream closes without ending, which readline does not notice.
    stream.once('close', () => lines.close());
    for await (const line of lines) yield entryOf(line, podName);
  }
  if (failure.error !== undefined && failure.error.name !== 'AbortError') throw failure.error;
}

/** The kubelet puts the time in front of each line. */
function entryOf(line: string, podName: string): LogEntry {
  const space = line.indexOf(' ');
  const time = space < 0 ? line : line.slice(0, space);
  const hasTime = /^\d{4}-\d\d-\d\dT/.test(time);
  const content = hasTime ? (space < 0 ? '' : line.slice(space + 1)) : line;
  const timeStamp = hasTime ? time : '';
  return { content, timeStamp, timeStampStr: timeStamp, podName, last: false };
}

async function* inOrderOfTime(streams: AsyncGenerator<LogEntry>[]): AsyncGenerator<LogEntry> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, next: await stream.next() })));
  for (;;) {
    let oldest: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done === true) continue;
      const isOlder =
        oldest === undefined ||
        (head.next.value as LogEntry).timeStampStr < (oldest.next.value as LogEntry).timeStampStr;
      if (isOlder) oldest = head;
    }
    if (oldest === undefined) return;
    yield oldest.next.value as LogEntry;
    oldest.next = await oldest.stream.next();
  }
}

async function* asTheyCome(streams: AsyncGenerator<LogEntry>[]): AsyncGenerator<LogEntry> {
  const waiting = new Map<AsyncGenerator<LogEntry>, ReturnType<typeof advance>>();
  const wait = (stream: AsyncGenerator<LogEntry>): void => {
    const next = advance(stream);
    // A reader that leaves stops waiting for all of these; the streams it aborts then must not bring the process down.
    next.catch(() => undefined);
    waiting.set(stream, next);
  };
  for (const stream of streams) wait(stream);
  while (waiting.size > 0) {
    const { stream, result } = await Promise.race(waiting.values());
    if (result.done === true) {
      waiting.delete(stream);
    } else {
      wait(stream);
      yield result.value;
    }
  }
}

async function advance(
  stream: AsyncGenerator<LogEntry>,
): Promise<{ stream: AsyncGenerator<LogEntry>; result: IteratorResult<LogEntry> }> {
  return { stream, result: await stream.next() };
}

function lineFilter({ filter, matchCase }: LogRequest): (line: string) => boolean {
  if (filter === undefined || filter === '') return () => true;
  const negated = filter.startsWith('!');
  const text = negated ? filter.slice(1) : filter;
  const wanted = matchCase ? text : text.toLowerCase();
  return (line) => (matchCase ? line : line.toLowerCase()).includes(wanted) !== negated;
}
