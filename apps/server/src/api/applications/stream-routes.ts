import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Application } from '@lockstep/core';
import Type from 'typebox';
import type { Sessions } from '../../auth/sessions.ts';
import type { EventFeed } from '../../realtime/event-feed.ts';
import { type ApplicationStore, keyOfApplication } from '../../store/application-store.ts';
import { ApiError } from '../api-error.ts';
import type { Authorizer } from '../authorizer.ts';
import { parseLabelSelector } from '../label-selector.ts';
import { applicationOf } from '../plugins/access.ts';
import { identityOf } from '../plugins/authenticate.ts';
import { selectFields } from '../select-fields.ts';
import { replyWithStream } from '../stream-reply.ts';
import type { LiveResources } from './live-resources.ts';
import { presentApplication } from './presenter.ts';
import { isSelectedBy, optional } from './routes.ts';
import { ResourceQuerySchema } from './schemas.ts';

/** Changes a slow reader may be behind; more are dropped, as Argo CD does. */
const LONGEST_BACKLOG = 1_000;

export interface StreamRoutes {
  store: ApplicationStore;
  authorizer: Authorizer;
  sessions: Sessions;
  live: LiveResources;
  events: EventFeed;
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  application: Application;
}

/** Argo CD's own streams, for its CLI and for scripts: lines of JSON or server-sent events. */
export const streamRoutes: FastifyPluginAsyncTypebox<StreamRoutes> = async (
  app,
  { store, authorizer, sessions, live, events },
) => {
  app.get(
    '/api/v1/stream/applications',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['applications'],
        querystring: Type.Object({
          name: Type.Optional(Type.String()),
          projects: Type.Optional(Type.Array(Type.String())),
          project: Type.Optional(Type.Array(Type.String())),
          appNamespace: Type.Optional(Type.String()),
          selector: Type.Optional(Type.String()),
          repo: Type.Optional(Type.String()),
          resourceVersion: Type.Optional(Type.String()),
          fields: Type.Optional(Type.String()),
        }),
      },
    },
    async (request, reply) => {
      const identity = identityOf(request);
      const { name, projects = [], project = [], appNamespace, selector, resourceVersion, fields } = request.query;
      const parsed = selector === undefined || selector === '' ? undefined : parseLabelSelector(selector);
      if (selector && parsed === undefined)
        throw new ApiError('InvalidArgument', `the selector "${selector}" is not a label selector`);
      const filter = {
        projects: [...projects, ...project],
        ...optional('name', name),
        ...optional('appNamespace', appNamespace),
        ...optional('selector', parsed),
      };
      const isWanted = (application: Application): boolean =>
        authorizer.maySee(identity, application) && isSelectedBy(application, filter);
      const backlog = new Backlog<WatchEvent>();
      const seen = new Set<string>();
      const keyOf = (application: Application): string =>
        `${application.metadata.namespace ?? ''}/${application.metadata.name ?? ''}`;
      const stop = store.onChange(({ type, item }) => {
        const key = keyOf(item);
        if (type === 'deleted' || !isWanted(item)) {
          if (seen.delete(key)) backlog.push({ type: 'DELETED', application: item });
          return;
        }
        backlog.push({ type: seen.has(key) ? 'MODIFIED' : 'ADDED', application: item });
        seen.add(key);
      });
      const wantsAll = resourceVersion === undefined || resourceVersion === '' || (name !== undefined && name !== '');
      for (const application of store.list()) {
        if (!isWanted(application)) continue;
        seen.add(keyOf(application));
        if (wantsAll) backlog.push({ type: 'ADDED', application }, true);
      }
      await replyWithStream(request, reply, watch());

      async function* watch(): AsyncGenerator<unknown> {
        const last = new Map<string, string>();
        try {
          for await (const { type, application } of backlog) {
            if (!sessions.isValid(identity))
              throw new ApiError('Unauthenticated', 'invalid session: the session ended');
            // `fields` names paths of `result.application`; equal payloads say nothing new.
            const event = selectFields({ result: { type, application: presentApplication(application) } }, fields) as {
              result: unknown;
            };
            const text = JSON.stringify(event.result);
            if (type === 'MODIFIED' && last.get(keyOf(application)) === text) continue;
            if (type === 'DELETED') last.delete(keyOf(application));
            else last.set(keyOf(application), text);
            yield event.result;
          }
        } finally {
          stop();
        }
      }
    },
  );

  app.get(
    '/api/v1/stream/applications/:name/resource-tree',
    {
      config: { access: { application: 'get' } },
      schema: {
        tags: ['applications'],
        params: Type.Object({ name: Type.String() }),
        querystring: ResourceQuerySchema,
      },
    },
    async (request, reply) => {
      const identity = identityOf(request);
      const application = applicationOf(request);
      const key = keyOfApplication(application);
      const backlog = new Backlog<true>();
      const stop = events.on('tree', key, () => backlog.replace(true));
      backlog.push(true);
      await replyWithStream(request, reply, trees());

      async function* trees(): AsyncGenerator<unknown> {
        try {
          for await (const _changed of backlog) {
            const current = store.get(key);
            if (!sessions.isValid(identity))
              throw new ApiError('Unauthenticated', 'invalid session: the session ended');
            if (current === undefined || !authorizer.maySee(identity, current))
              throw new ApiError('PermissionDenied', 'permission denied');
            yield await live.tree(current);
          }
        } finally {
          stop();
        }
      }
    },
  );
};

/** Hands values from callbacks to a loop. */
class Backlog<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #wake: (() => void) | undefined;

  push(value: T, always = false): void {
    if (!always && this.#values.length >= LONGEST_BACKLOG) return;
    this.#values.push(value);
    this.#wake?.();
  }

  /** For values that make earlier ones pointless. */
  replace(value: T): void {
    this.#values.length = 0;
    this.push(value);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) {
        yield value;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
