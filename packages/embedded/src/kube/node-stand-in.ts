import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import {
  ComputedPodLogs,
  type NamespaceFacts,
  type Node,
  nodeDocument,
  type ObservedEvent,
  PODS,
  type Pod,
  PodMachine,
  type PodReader,
  type PodStep,
  podAddress,
  podProblems,
  referencesOf,
  timestamp,
  timingOf,
  whyUnfit,
} from '@lockstep/sandbox/kubelet';
import { type KubeApi, KubeApiError } from './kube-api.ts';

/** A Pod that refers to nothing lacks nothing. */
const nothingKnown: NamespaceFacts = {
  configMapKeys: () => undefined,
  secretKeys: () => undefined,
  claim: () => undefined,
};
/** How often a Pod that cannot go on is looked at again: what it waits for is not watched. */
const RETRY_MS = 500;
/** Pause before a broken watch is started again. */
const RECONNECT_MS = 100;

export interface NodeStandInOptions {
  api: KubeApi;
  podStartupMs: number;
  /** What the log server shows; the API server does not check it. */
  certificate: { key: string; cert: string };
  nodeName?: string;
}

interface WatchedPod {
  pod: Pod;
  machine: PodMachine | undefined;
  timer: NodeJS.Timeout | undefined;
  isBusy: boolean;
  isDirty: boolean;
  /** What its references were when it was last looked at. */
  facts: NamespaceFacts;
  /** What it said of events before, so that a repeat raises a count. */
  events: Map<string, { name: string; count: number }>;
}

/**
 * Plays scheduler and kubelet on a real API server, with the sandbox's PodMachine deciding what containers do: binds
 * Pods, brings them to Ready, ends those whose command ends, honours deletion and grace, and serves logs.
 */
export class NodeStandIn {
  readonly #api: KubeApi;
  readonly #name: string;
  readonly #timing: ReturnType<typeof timingOf>;
  readonly #pods = new Map<string, WatchedPod>();
  readonly #listeners = new Set<Parameters<PodReader['onChange']>[0]>();
  readonly #images = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #logServer: Server;
  readonly #logs: ComputedPodLogs;
  #addresses = 0;
  #watching: Promise<void> | undefined;

  constructor({ api, podStartupMs, certificate, nodeName = 'node-1' }: NodeStandInOptions) {
    this.#api = api;
    this.#name = nodeName;
    this.#timing = timingOf(podStartupMs);
    const reader: PodReader = {
      get: (_resource, namespace, name) => this.#pods.get(`${namespace}/${name}`)?.pod,
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
    this.#logs = new ComputedPodLogs({ client: reader, timing: this.#timing, now: Date.now });
    this.#logServer = createServer(certificate, (request, response) => this.#serveLog(request, response));
  }

  /** Resolves once the node is registered. */
  async start(): Promise<void> {
    this.#logServer.listen(0, '127.0.0.1');
    await once(this.#logServer, 'listening');
    const address = this.#logServer.address();
    const logPort = typeof address === 'object' && address !== null ? address.port : 0;
    const { status, ...node } = nodeDocument(this.#name, Date.now(), { address: '127.0.0.1', logPort });
    await this.#api.post('/api/v1/nodes', node);
    await this.#api.patch(`/api/v1/nodes/${this.#name}/status`, { status });
    // Admission taints a new node as not ready; the controller that would take the taint away does not run.
    await this.#api.patch(`/api/v1/nodes/${this.#name}`, { spec: { taints: null } });
    this.#watching = this.#watch();
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    for (const { timer } of this.#pods.values()) clearTimeout(timer);
    this.#logs.close();
    this.#logServer.closeAllConnections();
    this.#logServer.close();
    await this.#watching;
  }

  /** Lists and watches all Pods until closed; a watch that breaks is followed by a new list. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        const list = await this.#api.get<{ metadata: { resourceVersion: string }; items: Pod[] }>('/api/v1/pods');
        const present = new Set(list.items.map(keyOf));
        for (const [key, { pod }] of this.#pods) if (!present.has(key)) this.#observe('DELETED', pod);
        for (const pod of list.items) this.#observe('MODIFIED', pod);
        const path = `/api/v1/pods?watch=true&resourceVersion=${list.metadata.resourceVersion}`;
        for await (const { type, object } of this.#api.watch<{ type: string; object: Pod }>(path, signal)) {
          if (type === 'ERROR') break;
          this.#observe(type === 'DELETED' ? 'DELETED' : 'MODIFIED', object);
        }
      } catch {
        // The API server is away, as tests make it be; the next list catches up.
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  #observe(type: 'MODIFIED' | 'DELETED', item: Pod): void {
    const key = keyOf(item);
    // Items of a list come without these.
    const pod: Pod = { ...item, apiVersion: 'v1', kind: 'Pod' };
    const known = this.#pods.get(key);
    if (type === 'DELETED') {
      clearTimeout(known?.timer);
      this.#pods.delete(key);
    } else if (known?.pod.metadata.uid === pod.metadata.uid) known.pod = pod;
    else {
      clearTimeout(known?.timer);
      this.#pods.set(key, {
        pod,
        machine: undefined,
        timer: undefined,
        isBusy: false,
        isDirty: false,
        facts: nothingKnown,
        events: new Map(),
      });
    }
    for (const listener of this.#listeners) listener({ type, resource: PODS, object: pod });
    if (type !== 'DELETED') this.#wake(key);
  }

  /** Steps a Pod now, or once its present step is done: one at a time, and never with an outdated Pod at the end. */
  #wake(key: string): void {
    const watched = this.#pods.get(key);
    if (watched === undefined) return;
    if (watched.isBusy) {
      watched.isDirty = true;
      return;
    }
    clearTimeout(watched.timer);
    watched.isBusy = true;
    void this.#step(watched)
      .catch((error: unknown) => this.#again(watched, error))
      .finally(() => {
        watched.isBusy = false;
        if (!watched.isDirty) return;
        watched.isDirty = false;
        this.#wake(key);
      });
  }

  /** A Pod that is gone needs no more; anything else is tried again. */
  #again(watched: WatchedPod, error: unknown): void {
    if (error instanceof KubeApiError && error.code === 404) return;
    this.#later(watched, RETRY_MS);
  }

  #later(watched: WatchedPod, milliseconds: number): void {
    if (this.#stopped.signal.aborted || this.#pods.get(keyOf(watched.pod)) !== watched) return;
    clearTimeout(watched.timer);
    watched.timer = setTimeout(() => this.#wake(keyOf(watched.pod)), milliseconds);
  }

  async #step(watched: WatchedPod): Promise<void> {
    const { pod } = watched;
    if ((pod.spec.nodeName ?? '') === '') {
      if (pod.metadata.deletionTimestamp === undefined) await this.#schedule(watched);
      return;
    }
    if (pod.spec.nodeName !== this.#name) return;
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (isOver && pod.metadata.deletionTimestamp === undefined) return;
    if (pod.status?.phase !== 'Running') watched.facts = await this.#factsOf(pod);
    watched.machine ??= this.#machineOf(watched);
    await this.#carryOut(watched, watched.machine.step(pod));
  }

  async #carryOut(watched: WatchedPod, { status, events, wakeInMs, isBlocked, isGone }: PodStep): Promise<void> {
    const { pod } = watched;
    const path = podPath(pod);
    if (status !== undefined)
      watched.pod = await this.#api.patch<Pod>(`${path}/status`, { metadata: { uid: pod.metadata.uid }, status });
    for (const event of events) await this.#record(watched, event);
    if (isGone) await this.#api.delete(path, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    else if (isBlocked || wakeInMs !== undefined) this.#later(watched, isBlocked ? RETRY_MS : (wakeInMs ?? RETRY_MS));
  }

  #machineOf(watched: WatchedPod): PodMachine {
    return new PodMachine(watched.pod, {
      nodeName: this.#name,
      hostIP: '127.0.0.1',
      timing: this.#timing,
      now: Date.now,
      images: this.#images,
      nextPodIP: () => {
        this.#addresses += 1;
        return podAddress(this.#addresses);
      },
      problemsOf: (pod) => podProblems(pod, watched.facts),
    });
  }

  async #schedule(watched: WatchedPod): Promise<void> {
    const { pod } = watched;
    if ((pod.spec.schedulerName ?? 'default-scheduler') !== 'default-scheduler') return;
    const unbound = await this.#provisionClaims(pod);
    const unfit = unbound
      ? 'pod has unbound immediate PersistentVolumeClaims'
      : whyUnfit(pod, await this.#api.get<Node>(`/api/v1/nodes/${this.#name}`));
    if (unfit === undefined) {
      const target = { apiVersion: 'v1', kind: 'Node', name: this.#name };
      await this.#api.post(`${podPath(pod)}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: pod.metadata.name },
        target,
      });
      const message = `Successfully assigned ${keyOf(pod)} to ${this.#name}`;
      await this.#record(watched, { type: 'Normal', reason: 'Scheduled', message, component: 'default-scheduler' });
      return;
    }
    const message = `0/1 nodes are available: 1 ${unfit}.`;
    const conditions = pod.status?.conditions ?? [];
    if (conditions.find(({ type }) => type === 'PodScheduled')?.message !== message) {
      const condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
        lastTransitionTime: timestamp(Date.now()),
      };
      await this.#api.patch(`${podPath(pod)}/status`, {
        status: { conditions: [...conditions.filter(({ type }) => type !== 'PodScheduled'), condition] },
      });
      await this.#record(watched, {
        type: 'Warning',
        reason: 'FailedScheduling',
        message,
        component: 'default-scheduler',
      });
    }
    this.#later(watched, RETRY_MS);
  }

  /** Makes a volume for each claim that waits for one; kube-controller-manager binds the two. True while one is unbound. */
  async #provisionClaims(pod: Pod): Promise<boolean> {
    let isUnbound = false;
    for (const claimName of referencesOf(pod).claims) {
      const claim = await this.#find<Claim>(
        `/api/v1/namespaces/${pod.metadata.namespace}/persistentvolumeclaims/${claimName}`,
      );
      if (claim?.status?.phase === 'Bound') continue;
      isUnbound = true;
      const name = `pvc-${claim?.metadata.uid}`;
      if (claim === undefined || (await this.#find(`/api/v1/persistentvolumes/${name}`)) !== undefined) continue;
      await this.#api.post('/api/v1/persistentvolumes', {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name },
        spec: {
          capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
          accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          ...(claim.spec.storageClassName === undefined ? {} : { storageClassName: claim.spec.storageClassName }),
          claimRef: {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            namespace: pod.metadata.namespace,
            name: claimName,
            uid: claim.metadata.uid,
          },
          hostPath: { path: `/tmp/${name}` },
        },
      });
    }
    return isUnbound;
  }

  async #factsOf(pod: Pod): Promise<NamespaceFacts> {
    const { configMaps, secrets, claims } = referencesOf(pod);
    const base = `/api/v1/namespaces/${pod.metadata.namespace}`;
    const keysOf = async (resource: string, names: Set<string>) => {
      const found = new Map<string, Set<string>>();
      for (const name of names) {
        const object = await this.#find<{ data?: object; binaryData?: object }>(`${base}/${resource}/${name}`);
        if (object !== undefined) found.set(name, new Set(Object.keys({ ...object.data, ...object.binaryData })));
      }
      return found;
    };
    const configMapKeys = await keysOf('configmaps', configMaps);
    const secretKeys = await keysOf('secrets', secrets);
    const phases = new Map<string, string | undefined>();
    for (const name of claims)
      phases.set(name, (await this.#find<Claim>(`${base}/persistentvolumeclaims/${name}`))?.status?.phase);
    return {
      configMapKeys: (name) => configMapKeys.get(name),
      secretKeys: (name) => secretKeys.get(name),
      claim: (name) => (phases.get(name) === 'Bound' ? 'bound' : 'unbound'),
    };
  }

  async #find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.#api.get<T>(path);
    } catch (error) {
      if (error instanceof KubeApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Events are for people to read: one that cannot be written, as in a namespace that goes away, is lost. */
  async #record(watched: WatchedPod, event: ObservedEvent): Promise<void> {
    const { metadata } = watched.pod;
    const base = `/api/v1/namespaces/${metadata.namespace}/events`;
    const key = `${event.reason}|${event.fieldPath}|${event.message}`;
    const known = watched.events.get(key);
    const time = timestamp(Date.now());
    try {
      if (known !== undefined) {
        known.count += 1;
        await this.#api.patch(`${base}/${known.name}`, { count: known.count, lastTimestamp: time });
        return;
      }
      const name = `${metadata.name}.${(Date.now() * 4096 + (watched.events.size % 4096)).toString(16)}`;
      watched.events.set(key, { name, count: 1 });
      const { component, host, fieldPath, ...rest } = event;
      await this.#api.post(base, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: metadata.namespace },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: metadata.namespace,
          name: metadata.name,
          uid: metadata.uid,
          ...(fieldPath === undefined ? {} : { fieldPath }),
        },
        ...rest,
        source: { component, ...(host === undefined ? {} : { host }) },
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
      });
    } catch (error) {
      if (!(error instanceof KubeApiError)) throw error;
    }
  }

  /** `GET /containerLogs/<namespace>/<pod>/<container>`, as the API server asks a kubelet. */
  #serveLog(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const [, kind, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
    if (kind !== 'containerLogs') {
      response.writeHead(404).end();
      return;
    }
    const query = url.searchParams;
    const number = (name: string) => (query.get(name) === null ? undefined : Number(query.get(name)));
    const [tailLines, sinceSeconds, limitBytes] = [number('tailLines'), number('sinceSeconds'), number('limitBytes')];
    const sinceTime = query.get('sinceTime');
    try {
      const stop = this.#logs.stream(
        {
          namespace,
          pod,
          container,
          follow: query.get('follow') === 'true',
          previous: query.get('previous') === 'true',
          timestamps: query.get('timestamps') === 'true',
          ...(tailLines === undefined ? {} : { tailLines }),
          ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
          ...(limitBytes === undefined ? {} : { limitBytes }),
          ...(sinceTime === null ? {} : { sinceTime }),
        },
        { write: (text) => response.write(text), end: () => response.end() },
      );
      response.on('close', stop);
    } catch (error) {
      response
        .writeHead(400, { 'content-type': 'text/plain' })
        .end(error instanceof Error ? error.message : String(error));
    }
  }
}

interface Claim {
  metadata: { uid: string };
  spec: { accessModes?: string[]; storageClassName?: string; resources?: { requests?: { storage?: string } } };
  status?: { phase?: string };
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function podPath({ metadata }: Pod): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}
