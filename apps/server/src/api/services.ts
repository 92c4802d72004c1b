import { LoginLimiter } from '../auth/login-limiter.ts';
import { OidcClient } from '../auth/oidc-client.ts';
import { Revocations } from '../auth/revocations.ts';
import { Sessions } from '../auth/sessions.ts';
import type { ApplicationWriter } from '../commands/write-application.ts';
import { EventFeed } from '../realtime/event-feed.ts';
import { PolicySource } from '../settings/policy-source.ts';
import { SettingsSource } from '../settings/settings-source.ts';
import { ApplicationStore } from '../store/application-store.ts';
import { PlanStore } from '../store/plan-store.ts';
import { ReadModels } from '../store/read-models.ts';
import { LuaWorker } from '../tools/lua.ts';
import type { ApiContext } from './api-context.ts';
import { LiveResources } from './applications/live-resources.ts';
import { Authorizer } from './authorizer.ts';

/** What routes are built from, each part once. */
export interface ApiServices extends AsyncDisposable {
  settings: SettingsSource;
  policy: PolicySource;
  store: ApplicationStore;
  readModels: ReadModels;
  live: LiveResources;
  authorizer: Authorizer;
  limiter: LoginLimiter;
  revocations: Revocations;
  oidc: OidcClient;
  sessions: Sessions;
  plans: PlanStore;
  writer: ApplicationWriter;
  events: EventFeed;
  /** Runs the action scripts of argocd-cm. */
  lua: LuaWorker;
}

export function createServices(context: ApiContext): ApiServices {
  const { collections, config } = context;
  const { namespace } = config;
  const lua = new LuaWorker();
  const settings = new SettingsSource(collections, namespace, lua);
  const policy = new PolicySource(collections, namespace);
  const store = new ApplicationStore(context);
  const readModels = new ReadModels(context.redis);
  const live = new LiveResources({ store, readModels, context, settings });
  const authorizer = new Authorizer({
    policy,
    settings,
    applications: store,
    projects: collections.projects,
    namespace,
  });
  const limiter = new LoginLimiter(context.redis);
  const revocations = new Revocations(context);
  const oidc = new OidcClient(() => ({ settings: settings.get().oidc, scopes: policy.policy.scopes }), context.logger);
  const sessions = new Sessions({ settings, revocations, limiter, oidc, projects: collections.projects, namespace });
  const events = new EventFeed(context.openBlockingRedis());
  return {
    settings,
    policy,
    store,
    readModels,
    live,
    authorizer,
    limiter,
    revocations,
    oidc,
    sessions,
    plans: new PlanStore(context.redis, context.requests),
    writer: { store, authorizer, collections, clusters: context.clusters, namespace },
    events,
    lua,
    async [Symbol.asyncDispose]() {
      await lua[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
}
