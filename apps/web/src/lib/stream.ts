import type { JsonPatchOperation, StreamClientMessage, StreamServerMessage, StreamTopic } from '@lockstep/contract';
import { WebSocket as ReconnectingWebSocket } from 'partysocket';
import { serverPath } from './base-path.ts';
import { applyPatch, PatchConflict } from './json-patch.ts';

/*
 * One WebSocket for the whole tab. Subscriptions are shared by topic and key, survive reconnects by resuming from the
 * last `rev`, and hand their consumers whole documents: patches are applied here, once, at most once per frame.
 * When the socket cannot be had, the status says so and `onPoll` asks the owner to refetch what is on the screen.
 */

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'expired';

export interface LiveStatus {
  state: LiveState;
  /** When the last message came, in milliseconds since the epoch; what is on the screen is at least this fresh. */
  freshAt: number | null;
}

export interface SubscriptionHandlers {
  /** A whole document, after a snapshot or after patches. */
  onData: (data: unknown) => void;
  /** What was shown cannot be patched any more and a new snapshot is on its way. */
  onReset?: () => void;
  /** The server refused: 403 not allowed, 404 deleted. */
  onRefused?: (code: number, message: string) => void;
}

/** The part of a WebSocket that the stream uses; tests bring their own. */
export interface StreamSocket {
  readonly readyState: number;
  send(data: string): void;
  close(): void;
  reconnect(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
}

export interface LiveStreamOptions {
  openSocket?: () => StreamSocket;
  /** Runs the callback with the next frame; patches wait for it. */
  schedule?: (callback: () => void) => void;
  onExpired?: () => void;
  /** Called every 15 s while there is no connection. */
  onPoll?: () => void;
  now?: () => number;
}

interface Subscription {
  id: number;
  topic: StreamTopic;
  key: string | undefined;
  rev: string | undefined;
  data: unknown;
  hasData: boolean;
  pending: JsonPatchOperation[];
  consumers: Set<SubscriptionHandlers>;
}

const open = 1;
const deadAfter = 45_000;
const pollEvery = 15_000;
const failuresBeforePolling = 3;

export class LiveStream implements Disposable {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #byId = new Map<number, Subscription>();
  readonly #listeners = new Set<() => void>();
  readonly #options: Required<LiveStreamOptions>;
  readonly #disposers: (() => void)[] = [];
  #socket: StreamSocket | undefined;
  #status: LiveStatus = { state: 'connecting', freshAt: null };
  #nextId = 1;
  #failures = 0;
  #flushScheduled = false;

  constructor(options: LiveStreamOptions = {}) {
    this.#options = {
      openSocket: openReconnectingSocket,
      schedule: scheduleFrame,
      onExpired: () => undefined,
      onPoll: () => undefined,
      now: Date.now,
      ...options,
    };
  }

  /** Opens the connection; call it once the person is signed in. */
  connect(): void {
    if (this.#socket) return;
    const socket = this.#options.openSocket();
    this.#socket = socket;
    socket.addEventListener('open', () => this.#handleOpen());
    socket.addEventListener('message', (event) => this.#handleMessage(event.data));
    socket.addEventListener('close', (event) => this.#handleClose(event.code));
    const watchdog = setInterval(() => this.#checkAlive(), 5_000);
    const poll = setInterval(() => {
      if (this.#status.state === 'polling') this.#options.onPoll();
    }, pollEvery);
    const wake = () => {
      if (document.visibilityState === 'visible') this.#checkAlive(25_000);
    };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', wake);
    this.#disposers.push(
      () => clearInterval(watchdog),
      () => clearInterval(poll),
      () => document.removeEventListener('visibilitychange', wake),
      () => window.removeEventListener('online', wake),
    );
  }

  /** Connects anew after signing in again. */
  reconnect(): void {
    this.#failures = 0;
    this.#setState('connecting');
    if (this.#socket) this.#socket.reconnect();
    else this.connect();
  }

  [Symbol.dispose](): void {
    for (const dispose of this.#disposers.splice(0)) dispose();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Starts to receive a topic; gives the function that stops it. Consumers of one topic and key share a subscription. */
  subscribe(topic: StreamTopic, key: string | undefined, handlers: SubscriptionHandlers): () => void {
    const address = `${topic} ${key ?? ''}`;
    let subscription = this.#subscriptions.get(address);
    if (subscription) {
      subscription.consumers.add(handlers);
      if (subscription.hasData) handlers.onData(subscription.data);
    } else {
      subscription = {
        id: this.#nextId++,
        topic,
        key,
        rev: undefined,
        data: undefined,
        hasData: false,
        pending: [],
        consumers: new Set([handlers]),
      };
      this.#subscriptions.set(address, subscription);
      this.#byId.set(subscription.id, subscription);
      this.#sendSubscribe(subscription);
    }
    const subscribed = subscription;
    return () => {
      subscribed.consumers.delete(handlers);
      if (subscribed.consumers.size > 0 || this.#subscriptions.get(address) !== subscribed) return;
      this.#subscriptions.delete(address);
      this.#byId.delete(subscribed.id);
      this.#send({ op: 'unsub', id: subscribed.id });
    };
  }

  /** For useSyncExternalStore. */
  readonly onStatusChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly status = (): LiveStatus => this.#status;

  #handleOpen(): void {
    this.#failures = 0;
    this.#status = { ...this.#status, freshAt: this.#options.now() };
    this.#setState('live');
    for (const subscription of this.#subscriptions.values()) this.#sendSubscribe(subscription);
  }

  #handleClose(code: number): void {
    // The values of `streamCloseCodes` in the contract, whose module would bring its schemas along.
    if (code === 4401) {
      this.#setState('expired');
      for (const dispose of this.#disposers.splice(0)) dispose();
      this.#socket?.close();
      this.#socket = undefined;
      this.#options.onExpired();
      return;
    }
    this.#failures += 1;
    this.#setState(this.#failures >= failuresBeforePolling ? 'polling' : 'reconnecting');
  }

  #checkAlive(quietFor: number = deadAfter): void {
    const { freshAt } = this.#status;
    if (this.#socket?.readyState !== open || freshAt === null) return;
    if (this.#options.now() - freshAt < quietFor) return;
    this.#setState('reconnecting');
    this.#socket.reconnect();
  }

  #handleMessage(raw: unknown): void {
    const message = parseMessage(raw);
    if (!message) return;
    this.#status = { ...this.#status, freshAt: this.#options.now() };
    if (message.op === 'hb') {
      this.#send({ op: 'pong' });
      this.#notify();
      return;
    }
    const subscription = this.#byId.get(message.id);
    if (!subscription) return;
    switch (message.op) {
      case 'ok':
        if (message.mode === 'resume') subscription.rev = message.rev;
        break;
      case 'snapshot':
        subscription.rev = message.rev;
        subscription.pending = [];
        this.#deliver(subscription, message.data);
        break;
      case 'patch':
        subscription.rev = message.rev;
        subscription.pending.push(...message.patch);
        this.#scheduleFlush();
        break;
      case 'reset':
        this.#restart(subscription);
        break;
      case 'error':
        for (const consumer of subscription.consumers) consumer.onRefused?.(message.code, message.message);
        break;
    }
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#options.schedule(() => {
      this.#flushScheduled = false;
      for (const subscription of [...this.#subscriptions.values()]) this.#flush(subscription);
    });
  }

  #flush(subscription: Subscription): void {
    if (subscription.pending.length === 0 || !subscription.hasData) return;
    const operations = subscription.pending;
    subscription.pending = [];
    try {
      this.#deliver(subscription, applyPatch(subscription.data, operations));
    } catch (error) {
      if (!(error instanceof PatchConflict)) throw error;
      this.#send({ op: 'unsub', id: subscription.id });
      this.#restart(subscription);
    }
  }

  /** A subscription that was reset gets a new id, so that late messages of the old one fall on the floor. */
  #restart(subscription: Subscription): void {
    this.#byId.delete(subscription.id);
    subscription.id = this.#nextId++;
    subscription.rev = undefined;
    subscription.pending = [];
    subscription.hasData = false;
    this.#byId.set(subscription.id, subscription);
    for (const consumer of subscription.consumers) consumer.onReset?.();
    this.#sendSubscribe(subscription);
  }

  #deliver(subscription: Subscription, data: unknown): void {
    subscription.data = data;
    subscription.hasData = true;
    for (const consumer of [...subscription.consumers]) consumer.onData(data);
  }

  #sendSubscribe({ id, topic, key, rev }: Subscription): void {
    this.#send({ op: 'sub', id, topic, ...(key !== undefined && { key }), ...(rev !== undefined && { from: rev }) });
  }

  /** Messages are not queued while there is no connection: opening one subscribes to everything anyway. */
  #send(message: StreamClientMessage): void {
    if (this.#socket?.readyState === open) this.#socket.send(JSON.stringify(message));
  }

  #setState(state: LiveState): void {
    this.#status = { ...this.#status, state };
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function parseMessage(raw: unknown): StreamServerMessage | undefined {
  if (typeof raw !== 'string') return undefined;
  const parsed: unknown = JSON.parse(raw);
  return typeof parsed === 'object' && parsed !== null && 'op' in parsed ? (parsed as StreamServerMessage) : undefined;
}

/** Backs off from about 0.5 s to 30 s; the random parts keep a thousand tabs from coming back at once. */
function openReconnectingSocket(): StreamSocket {
  const url = new URL(serverPath('api/v1/stream'), window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new ReconnectingWebSocket(url.href, [], {
    minReconnectionDelay: 500 + Math.random() * 1_500,
    maxReconnectionDelay: 20_000 + Math.random() * 10_000,
    reconnectionDelayGrowFactor: 1.4 + Math.random() * 0.4,
    connectionTimeout: 10_000,
    maxEnqueuedMessages: 0,
  }) as unknown as StreamSocket;
}

/** Frames do not come while the tab is hidden, and the data should not wait until it is shown. */
function scheduleFrame(callback: () => void): void {
  if (document.visibilityState === 'hidden') setTimeout(callback, 250);
  else requestAnimationFrame(() => callback());
}
