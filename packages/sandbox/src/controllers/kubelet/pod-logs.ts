import { badRequest, notFound } from '../../api-error.ts';
import type { PodLogRequest, PodLogSource } from '../../handlers/api-services.ts';
import type { InternalClient } from '../../storage/internal-client.ts';
import { type ContainerStatus, PODS, type Pod } from '../machinery/objects.ts';
import type { Timing } from '../machinery/timing.ts';
import { type LogLine, logLines } from './log-lines.ts';

/** Lines kept of one run of a container; older ones are as if rotated away. */
const MAX_LINES = 1000;

export interface LogOptions {
  /** Only the last so many lines. */
  tailLines?: number;
  /** Only lines since then, in milliseconds since the epoch. */
  sinceTime?: number;
  /** The run before the present one. */
  previous?: boolean;
  /** Goes on with new lines until the container ends, the Pod goes, or `signal` aborts. */
  follow?: boolean;
  signal?: AbortSignal;
}

/** Where Pods are read, and who tells of their changes. */
export type PodReader = Pick<InternalClient, 'get' | 'onChange'>;

/** What containers have printed; `stream` is the same as text, for the `log` subresource of Pods. */
export interface PodLogs extends PodLogSource {
  /**
   * The lines of a container. `container` may be empty when the Pod has one, or names one in the annotation
   * `kubectl.kubernetes.io/default-container`. Throws an ApiError at once, 404 or 400, when there is nothing to read.
   */
  read(namespace: string, pod: string, container: string, options?: LogOptions): AsyncIterable<LogLine>;
}

/**
 * Logs that are computed when read, from the Pod and the clock: nothing is stored, however many Pods print, and reading
 * twice gives the same lines.
 */
export class ComputedPodLogs implements PodLogs {
  readonly #client: PodReader;
  readonly #timing: Timing;
  readonly #now: () => number;
  /** Wakes those who follow a Pod, by its uid. */
  readonly #followers = new Map<string, Set<() => void>>();
  readonly #stop: () => void;
  #closed = false;

  constructor(options: { client: PodReader; timing: Timing; now(): number }) {
    this.#client = options.client;
    this.#timing = options.timing;
    this.#now = options.now;
    this.#stop = this.#client.onChange(({ resource, object }) => {
      if (this.#followers.size === 0 || resource.resource !== PODS.resource || resource.group !== PODS.group) return;
      for (const wake of this.#followers.get(object.metadata.uid) ?? []) wake();
    });
  }

  read(namespace: string, podName: string, container: string, options: LogOptions = {}): AsyncIterable<LogLine> {
    const pod = this.#pod(namespace, podName);
    const name = chooseContainer(pod, container);
    const status = statusOf(pod, name);
    if (options.previous === true && status?.lastState.terminated === undefined) {
      throw badRequest(`previous terminated container "${name}" in pod "${podName}" not found`);
    }
    const hasRun = status?.state.running ?? status?.state.terminated ?? status?.lastState.terminated;
    if (hasRun === undefined) {
      const reason =
        status?.state.waiting?.reason ?? (pod.spec.nodeName === undefined ? 'Pending' : 'ContainerCreating');
      const why =
        status?.state.waiting?.message === undefined
          ? `is waiting to start: ${reason}`
          : `is waiting to start: ${waitText(reason)}`;
      throw badRequest(`container "${name}" in pod "${podName}" ${why}`);
    }
    return this.#stream(pod, name, options);
  }

  stream(request: PodLogRequest, sink: { write(text: string): void; end(): void }): () => void {
    const abort = new AbortController();
    const since =
      request.sinceSeconds === undefined
        ? Date.parse(request.sinceTime ?? '')
        : this.#now() - request.sinceSeconds * 1000;
    const lines = this.read(request.namespace, request.pod, request.container, {
      follow: request.follow,
      previous: request.previous,
      signal: abort.signal,
      ...(request.tailLines === undefined ? {} : { tailLines: request.tailLines }),
      ...(Number.isNaN(since) ? {} : { sinceTime: since }),
    });
    void pump();
    return () => abort.abort();

    async function pump(): Promise<void> {
      let left = request.limitBytes ?? Number.POSITIVE_INFINITY;
      for await (const { time, text } of lines) {
        if (abort.signal.aborted) return;
        const line = `${request.timestamps ? `${nanoTimestamp(time)} ` : ''}${text}\n`;
        sink.write(line.slice(0, left));
        left -= line.length;
        if (left <= 0) break;
      }
      if (!abort.signal.aborted) sink.end();
    }
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    for (const wakers of this.#followers.values()) for (const wake of wakers) wake();
  }

  #pod(namespace: string, name: string): Pod {
    const pod = this.#client.get(PODS, namespace, name) as Pod | undefined;
    if (pod === undefined) throw notFound({ group: '', plural: 'pods' }, name);
    return pod;
  }

  async *#stream(first: Pod, container: string, options: LogOptions): AsyncGenerator<LogLine> {
    const { namespace = '', name, uid } = first.metadata;
    let run = this.#linesOf(first, container, options.previous === true);
    const { start } = run;
    const since = run.lines.filter(({ time }) => time >= (options.sinceTime ?? 0));
    yield* options.tailLines === undefined ? since : since.slice(Math.max(0, since.length - options.tailLines));
    let lastTime = run.lines.at(-1)?.time ?? 0;
    while (options.follow === true && run.nextAt !== undefined && !this.#closed && options.signal?.aborted !== true) {
      await this.#wait(uid, run.nextAt - this.#now(), options.signal);
      const pod = this.#client.get(PODS, namespace, name) as Pod | undefined;
      if (pod?.metadata.uid !== uid) return;
      run = this.#linesOf(pod, container, false);
      if (run.start !== start) return;
      for (const line of run.lines) if (line.time > lastTime) yield line;
      lastTime = run.lines.at(-1)?.time ?? lastTime;
    }
  }

  #linesOf(
    pod: Pod,
    container: string,
    isPrevious: boolean,
  ): { start: number; lines: LogLine[]; nextAt: number | undefined } {
    const status = statusOf(pod, container);
    const state = isPrevious || status?.state.waiting !== undefined ? status?.lastState : status?.state;
    const startedAt = state?.running?.startedAt ?? state?.terminated?.startedAt;
    if (startedAt === undefined) return { start: 0, lines: [], nextAt: undefined };
    const start = Date.parse(startedAt);
    const ended = state?.terminated;
    // A status has whole seconds only: what was printed within the last one counts.
    const endedAt = ended === undefined ? undefined : Math.max(start, Date.parse(ended.finishedAt)) + 999;
    const { lines, nextAt } = logLines(
      { pod, container, timing: this.#timing, start, until: endedAt ?? this.#now(), exitCode: ended?.exitCode },
      MAX_LINES,
    );
    return { start, lines, nextAt: ended === undefined ? nextAt : undefined };
  }

  #wait(uid: string, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const followers = this.#followers.get(uid) ?? new Set();
      this.#followers.set(uid, followers);
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        followers.delete(done);
        if (followers.size === 0) this.#followers.delete(uid);
        resolve();
      };
      const timer = setTimeout(done, Math.max(1, milliseconds));
      signal?.addEventListener('abort', done, { once: true });
      followers.add(done);
    });
  }
}

/** RFC 3339 with nanoseconds, as a container runtime stamps lines. */
function nanoTimestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 23)}000000Z`;
}

function waitText(reason: string): string {
  return reason === 'ErrImagePull'
    ? "image can't be pulled"
    : reason === 'ImagePullBackOff'
      ? 'trying and failing to pull image'
      : reason;
}

function chooseContainer(pod: Pod, asked: string): string {
  const names = pod.spec.containers.map(({ name }) => name);
  const initNames = (pod.spec.initContainers ?? []).map(({ name }) => name);
  if (asked !== '') {
    if (names.includes(asked) || initNames.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (preferred !== undefined && names.includes(preferred)) return preferred;
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  const init = initNames.length === 0 ? '' : ` or one of the init containers: [${initNames.join(' ')}]`;
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]${init}`,
  );
}

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  return [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container,
  );
}
