import websocket from '@fastify/websocket';
import { type StreamClientMessage, StreamClientMessageSchema, streamCloseCodes } from '@lockstep/contract';
import type { FastifyPluginAsync } from 'fastify';
import { Compile } from 'typebox/compile';
import type { WebSocket } from 'ws';
import { permissionDenied } from '../api/api-error.ts';
import type { LiveResources } from '../api/applications/live-resources.ts';
import type { Authorizer } from '../api/authorizer.ts';
import { identityOf } from '../api/plugins/authenticate.ts';
import { isSameOrigin } from '../api/plugins/csrf-guard.ts';
import type { Identity } from '../auth/identity.ts';
import type { Revocations } from '../auth/revocations.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Logger } from '../logger.ts';
import type { PolicySource } from '../settings/policy-source.ts';
import type { SettingsSource } from '../settings/settings-source.ts';
import type { ApplicationStore } from '../store/application-store.ts';
import { ApplicationTopics } from './application-topics.ts';
import { ApplicationsTopic } from './applications-topic.ts';
import type { EventFeed } from './event-feed.ts';
import { addressed, refuse, type Subscription, type Topic } from './subscription.ts';

const HEARTBEAT_MS = 20_000;
/** A revoked or expired session ends its connection within this time even if nothing tells us. */
const SESSION_CHECK_MS = 5_000;
/** Bytes waiting for a client: a snapshot of ten thousand rows is five million. */
const MOST_BUFFERED = 16 * 1024 * 1024;
const LARGEST_MESSAGE = 64 * 1024;
const MOST_SUBSCRIPTIONS = 100;
/** Messages a client may send between two heartbeats. */
const MOST_MESSAGES = 500;

export interface StreamSocket {
  store: ApplicationStore;
  authorizer: Authorizer;
  policy: PolicySource;
  settings: SettingsSource;
  sessions: Sessions;
  revocations: Revocations;
  live: LiveResources;
  events: EventFeed;
  logger: Logger;
}

const clientMessage = Compile(StreamClientMessageSchema);

/** The one WebSocket of a browser tab: topics in, snapshots and patches out. The messages are in @lockstep/contract. */
export const streamSocket: FastifyPluginAsync<StreamSocket> = async (app, parts) => {
  const list = new ApplicationsTopic(parts);
  const topics = new ApplicationTopics(parts);
  const connections = new Set<Connection>();
  const checkSessions = (): void => {
    for (const connection of connections) connection.checkSession();
  };
  const stop = [parts.revocations.onChange(checkSessions), parts.settings.onChange(checkSessions)];
  const heartbeat = setInterval(() => {
    for (const connection of connections) connection.beat();
  }, HEARTBEAT_MS);
  const sessionCheck = setInterval(checkSessions, SESSION_CHECK_MS);

  await app.register(websocket, {
    options: { maxPayload: LARGEST_MESSAGE, perMessageDeflate: false },
    preClose(done) {
      for (const connection of connections) connection.close(streamCloseCodes.shuttingDown, 'shutting down');
      this.websocketServer.close(() => done());
    },
  });

  // A refused upgrade leaves its socket to nobody: neither the HTTP server nor the WebSocket server would close it.
  app.addHook('onResponse', async (request) => {
    if (request.headers.upgrade !== undefined) request.raw.socket.destroySoon();
  });

  app.addHook('onClose', async () => {
    clearInterval(heartbeat);
    clearInterval(sessionCheck);
    for (const end of stop) end();
    list[Symbol.dispose]();
    topics[Symbol.dispose]();
  });

  app.get(
    '/api/v1/stream',
    {
      websocket: true,
      config: { access: 'filtered' },
      schema: { hide: true },
      // A page of another site can open a socket with our cookie; browsers say where it comes from.
      preValidation: async (request) => {
        if (!isSameOrigin(request, parts.settings)) throw permissionDenied();
      },
    },
    (socket, request) => {
      const connection: Connection = new Connection(socket, identityOf(request), {
        sessions: parts.sessions,
        topicOf: (message) => (message.topic === 'applications' ? list : applicationTopic(message)),
        onError: (error) => parts.logger.warn({ err: error }, 'stream failed'),
        onClose: () => connections.delete(connection),
      });
      connections.add(connection);
    },
  );

  const applicationTopic = (message: Subscribe): Topic | undefined => {
    const [namespace, name, ...rest] = (message.key ?? '').split('/');
    if (message.topic === 'applications' || !namespace || !name || rest.length > 0) return undefined;
    return topics.topic(message.topic, { namespace, name });
  };
};

type Subscribe = Extract<StreamClientMessage, { op: 'sub' }>;

interface ConnectionOptions {
  sessions: Sessions;
  topicOf(message: Subscribe): Topic | undefined;
  onError(error: unknown): void;
  onClose(): void;
}

/** One client. */
class Connection {
  readonly #socket: WebSocket;
  readonly #identity: Identity;
  readonly #options: ConnectionOptions;
  readonly #subscriptions = new Map<number, { subscription: Subscription; topic: Topic }>();
  #messages = 0;
  #isAlive = true;

  constructor(socket: WebSocket, identity: Identity, options: ConnectionOptions) {
    this.#socket = socket;
    this.#identity = identity;
    this.#options = options;
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.close(1003, 'text only');
      else this.#receive(String(data));
    });
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    socket.on('error', (error) => options.onError(error));
    socket.on('close', () => {
      for (const { subscription, topic } of this.#subscriptions.values()) topic.unsubscribe(subscription);
      this.#subscriptions.clear();
      options.onClose();
    });
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  checkSession(): void {
    if (!this.#options.sessions.isValid(this.#identity)) this.close(streamCloseCodes.sessionExpired, 'session ended');
  }

  /** A client that did not answer since the last time is gone, whatever TCP says. */
  beat(): void {
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#messages = 0;
    this.#socket.ping();
    this.#send(`{"op":"hb","t":${Date.now()}}`);
  }

  #send(message: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MOST_BUFFERED) this.close(streamCloseCodes.tooSlow, 'too slow');
    else this.#socket.send(message);
  }

  #receive(text: string): void {
    this.#messages += 1;
    if (this.#messages > MOST_MESSAGES) {
      this.close(streamCloseCodes.tooSlow, 'too many messages');
      return;
    }
    const message = parse(text);
    switch (message?.op) {
      case undefined:
        this.close(1008, 'not a message of this protocol');
        break;
      case 'pong':
        break;
      case 'unsub':
        this.#unsubscribe(message.id);
        break;
      case 'sub':
        this.#subscribe(message);
        break;
    }
  }

  #subscribe(message: Subscribe): void {
    this.#unsubscribe(message.id);
    const subscription: Subscription = {
      id: message.id,
      identity: this.#identity,
      send: (text) => this.#send(text),
      ended: () => {
        if (this.#subscriptions.get(message.id)?.subscription === subscription) this.#subscriptions.delete(message.id);
      },
    };
    const topic = this.#options.topicOf(message);
    if (topic === undefined || this.#subscriptions.size >= MOST_SUBSCRIPTIONS) {
      refuse(
        subscription,
        400,
        topic === undefined ? 'key must be namespace/name' : 'too many subscriptions on one connection',
      );
      return;
    }
    this.#subscriptions.set(message.id, { subscription, topic });
    Promise.resolve(topic.subscribe(subscription, message.from))
      .then(() => {
        // The client may have gone, or have unsubscribed, while the first answer was read.
        if (this.#subscriptions.get(message.id)?.subscription !== subscription) topic.unsubscribe(subscription);
      })
      .catch((error: unknown) => {
        this.#options.onError(error);
        topic.unsubscribe(subscription);
        subscription.send(addressed(subscription, '"op":"reset","reason":"gap"'));
        subscription.ended();
      });
  }

  #unsubscribe(id: number): void {
    const known = this.#subscriptions.get(id);
    if (known === undefined) return;
    this.#subscriptions.delete(id);
    known.topic.unsubscribe(known.subscription);
  }
}

function parse(text: string): StreamClientMessage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return clientMessage.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
