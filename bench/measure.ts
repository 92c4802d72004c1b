import type { KubeconfigClient } from '@lockstep/embedded';

/** The parts of an Application or a ConfigMap that the benchmarks look at. */
export interface ApplicationObject {
  metadata: { name: string };
  data?: Record<string, string>;
  status?: { sync?: { status?: string; revision?: string }; operationState?: { phase?: string } };
}

/** The newest state of every object of one list, from a watch: looking costs the API server nothing. */
export class ApplicationWatch {
  readonly #objects = new Map<string, ApplicationObject>();
  readonly #abort: AbortController;
  #ended: Promise<void> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  private constructor(abort: AbortController) {
    this.#abort = abort;
  }

  static async start(cluster: KubeconfigClient, path: string): Promise<ApplicationWatch> {
    const abort = new AbortController();
    const stream = await cluster.watch(path, abort.signal);
    const watch = new ApplicationWatch(abort);
    watch.#ended = (async () => {
      for await (const event of stream) watch.#take(event as { type: string; object: ApplicationObject });
    })().catch(() => undefined);
    return watch;
  }

  get(name: string): ApplicationObject | undefined {
    return this.#objects.get(name);
  }

  /** Resolves at the event that makes `condition` true. */
  async until(name: string, condition: (object: ApplicationObject | undefined) => boolean): Promise<void> {
    if (condition(this.get(name))) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} did not get there within 60 s`)), 60_000);
      const listener = (): void => {
        if (!condition(this.get(name))) return;
        this.#listeners.delete(listener);
        clearTimeout(timer);
        resolve();
      };
      this.#listeners.add(listener);
    });
  }

  close(): Promise<void> {
    this.#abort.abort();
    return this.#ended;
  }

  #take({ type, object }: { type: string; object: ApplicationObject }): void {
    if (type === 'DELETED') this.#objects.delete(object.metadata.name);
    else if (type !== 'BOOKMARK') this.#objects.set(object.metadata.name, object);
    for (const listener of this.#listeners) listener();
  }
}

/** Requests the API server has answered, but for watches, probes and leases. */
export async function requestCounts(cluster: KubeconfigClient): Promise<number> {
  const { text } = (await cluster.request('GET', '/metrics')) as { text: string };
  let total = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith('apiserver_request_total{') || /verb="(?:WATCH|LIST)"|[{,]resource="(?:leases)?"/.test(line))
      continue;
    total += Number(line.slice(line.lastIndexOf(' ')));
  }
  return total;
}

export async function inParallel<T>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function print(title: string, figures: Record<string, number>): void {
  const text = Object.entries(figures).map(
    ([name, figure]) => `${name} ${figure >= 100 ? figure.toFixed(0) : figure.toFixed(2)}`,
  );
  console.log(`${title.padEnd(48)} ${text.join('  ')}`);
}
