import type { ServerResponse } from 'node:http';
import type { KubernetesObject } from '@lockstep/core';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, json, ScriptedApiServer } from '../../tests/support/scripted-api-server.ts';
import { type Change, Reflector, type ReflectorOptions } from './reflector.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function pod(name: string, resourceVersion: number): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'web', resourceVersion: String(resourceVersion) },
  };
}

function line(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

interface Script {
  lists: ((response: ServerResponse, query: URLSearchParams) => void)[];
  watches: ((response: ServerResponse, query: URLSearchParams) => void)[];
}

/** Runs a reflector against a server that answers the n-th list and the n-th watch as scripted (the last one repeats). */
async function reflect(script: Script, options: Partial<ReflectorOptions<KubernetesObject>> = {}) {
  const counts = { list: 0, watch: 0 };
  const queries: { list: URLSearchParams[]; watch: URLSearchParams[] } = { list: [], watch: [] };
  const server = await new ScriptedApiServer((request, response) => {
    const query = new URL(request.url, 'http://x').searchParams;
    const kind = query.get('watch') === 'true' ? 'watch' : 'list';
    const answers = kind === 'watch' ? script.watches : script.lists;
    queries[kind].push(query);
    const answer = answers[Math.min(counts[kind]++, answers.length - 1)];
    answer?.(response, query);
  }).listen();
  const connection = server.connect();
  const changes: string[] = [];
  const errors: unknown[] = [];
  const reflector = new Reflector<KubernetesObject>({
    connection,
    path: '/api/v1/pods',
    apiVersion: 'v1',
    kind: 'Pod',
    keep: (object) => object,
    onChange: (change: Change<KubernetesObject>) => changes.push(`${change.type} ${change.key}`),
    onError: (error) => errors.push(error),
    minBackoff: 5,
    maxBackoff: 50,
    ...options,
  });
  open.push(server, connection, { [Symbol.asyncDispose]: () => reflector.stop() });
  reflector.start();
  return { reflector, changes, errors, counts, queries, server };
}

const emptyList = (response: ServerResponse) => json(response, { metadata: { resourceVersion: '1' }, items: [] });
const stayOpen = (response: ServerResponse) => {
  response.writeHead(200);
  response.flushHeaders();
};

describe('Reflector', () => {
  it('follows continue tokens and watches from where the last page ended', async () => {
    const { reflector, changes, queries, counts } = await reflect({
      lists: [
        (response) => json(response, { metadata: { resourceVersion: '10', continue: 'more' }, items: [pod('a', 1)] }),
        (response) => json(response, { metadata: { resourceVersion: '10' }, items: [pod('b', 2)] }),
      ],
      watches: [stayOpen],
    });
    await reflector.synced;
    await eventually('the watch is open', () => counts.watch === 1);
    expect(changes).toEqual(['added web/a', 'added web/b']);
    expect(queries.list[1]?.get('continue')).toBe('more');
    expect(queries.watch[0]?.get('resourceVersion')).toBe('10');
    expect(queries.watch[0]?.get('allowWatchBookmarks')).toBe('true');
  });

  it('resumes after a cut from the newest bookmark, without a list', async () => {
    const { counts, queries, changes } = await reflect({
      lists: [emptyList],
      watches: [
        (response) => {
          response.write(line('ADDED', pod('a', 5)));
          response.write(line('BOOKMARK', { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '77' } }));
          setImmediate(() => response.destroy());
        },
        stayOpen,
      ],
    });
    await eventually('a second watch', () => counts.watch === 2);
    expect(queries.watch[1]?.get('resourceVersion')).toBe('77');
    expect(counts.list).toBe(1);
    expect(changes).toEqual(['added web/a']);
  });

  it('lists again after 410, unset, and reports what vanished as deleted', async () => {
    const { counts, queries, changes } = await reflect({
      lists: [
        (response) => json(response, { metadata: { resourceVersion: '10' }, items: [pod('gone', 1), pod('kept', 2)] }),
        (response) => json(response, { metadata: { resourceVersion: '20' }, items: [pod('kept', 2), pod('new', 15)] }),
      ],
      watches: [
        (response) => response.end(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })),
        stayOpen,
      ],
    });
    await eventually('a second list and watch', () => counts.list === 2 && counts.watch === 2);
    expect(queries.list[1]?.get('resourceVersion')).toBeNull();
    expect(changes.slice(2)).toEqual(['added web/new', 'deleted web/gone']);
  });

  it('does not storm a server that answers 410 to everything', async () => {
    const { counts } = await reflect({
      lists: [emptyList],
      watches: [(response) => json(response, { kind: 'Status', reason: 'Expired' }, 410)],
    });
    await eventually('it keeps trying', () => counts.list >= 4);
    const before = counts.list;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(counts.list - before).toBeLessThan(30);
  });

  it.each([500, 429])('survives HTTP %d on list and on watch', async (status) => {
    const { reflector, counts } = await reflect({
      lists: [(response) => json(response, {}, status), emptyList],
      watches: [(response) => json(response, {}, status), stayOpen],
    });
    await reflector.synced;
    await eventually('a second watch', () => counts.watch === 2);
  });

  it('gives up a connection that says nothing and goes on from the same point', async () => {
    const { counts, queries } = await reflect({ lists: [emptyList], watches: [stayOpen] }, { idleTimeout: 300 });
    await eventually('a second watch', () => counts.watch >= 2, 5_000);
    expect(queries.watch[1]?.get('resourceVersion')).toBe('1');
    expect(counts.list).toBe(1);
  });

  it('reports a malformed line as an error and watches again', async () => {
    const { counts, errors } = await reflect({
      lists: [emptyList],
      watches: [(response) => response.end('{"type":"ADDED",\n'), stayOpen],
    });
    await eventually('a second watch', () => counts.watch === 2);
    expect(errors).toHaveLength(1);
  });

  it('takes a written object at once and ignores the older event that follows', async () => {
    let watch: ServerResponse | undefined;
    const { reflector, changes } = await reflect({
      lists: [(response) => json(response, { metadata: { resourceVersion: '10' }, items: [pod('a', 3)] })],
      watches: [
        (response) => {
          stayOpen(response);
          watch = response;
        },
      ],
    });
    await eventually('the watch is open', () => watch !== undefined);
    reflector.absorb(pod('a', 12));
    watch?.write(line('MODIFIED', pod('a', 11)));
    watch?.write(line('MODIFIED', pod('a', 12)));
    watch?.write(line('MODIFIED', pod('b', 13)));
    await eventually('the last event', () => reflector.get('web/b') !== undefined);
    expect(reflector.get('web/a')?.metadata.resourceVersion).toBe('12');
    expect(changes).toEqual(['added web/a', 'modified web/a', 'added web/b']);
    reflector.absorb(pod('late', 12));
    expect(reflector.get('web/late')).toBeUndefined();
  });
});
