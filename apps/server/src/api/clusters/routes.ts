import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Application, type ClusterFacts, resolveDestination } from '@lockstep/core';
import type { Redis } from 'ioredis';
import Type from 'typebox';
import {
  type ClusterProblem,
  clusterProblems,
  isInsecure,
  registeredClusters,
} from '../../controller/cluster-secret.ts';
import { redisKeys } from '../../redis/redis-connection.ts';
import type { ApiContext, Secret } from '../api-context.ts';
import { permissionDenied } from '../api-error.ts';
import type { Authorizer } from '../authorizer.ts';
import { identityOf } from '../plugins/authenticate.ts';

export interface ClusterRoutes {
  authorizer: Authorizer;
  context: Pick<ApiContext, 'collections' | 'clusters' | 'config'>;
  redis: Redis;
}

/** A cluster as it is shown. The type lists what may be told: credentials cannot slip through. */
const ClusterSchema = Type.Object({
  server: Type.String(),
  name: Type.String(),
  project: Type.Optional(Type.String()),
  namespaces: Type.Optional(Type.Array(Type.String())),
  clusterResources: Type.Optional(Type.Boolean()),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  shard: Type.Optional(Type.Integer()),
  config: Type.Object({ tlsClientConfig: Type.Object({ insecure: Type.Boolean() }) }),
  connectionState: Type.Object({
    status: Type.String(),
    message: Type.String(),
    attemptedAt: Type.Union([Type.String(), Type.Null()]),
  }),
  serverVersion: Type.String(),
  info: Type.Object({
    connectionState: Type.Object({
      status: Type.String(),
      message: Type.String(),
      attemptedAt: Type.Union([Type.String(), Type.Null()]),
    }),
    serverVersion: Type.String(),
    applicationsCount: Type.Integer(),
    /** The uid of its namespace kube-system; null while it is unknown. */
    uid: Type.Union([Type.String(), Type.Null()]),
    /** What a person should know although the cluster works. */
    warnings: Type.Array(Type.String()),
    cacheInfo: Type.Object({
      resourcesCount: Type.Integer(),
      apisCount: Type.Integer(),
      lastCacheSyncTime: Type.Union([Type.String(), Type.Null()]),
    }),
  }),
});

/** What the controller keeps in Redis about a cluster it watches. */
interface ClusterReport {
  status?: string;
  message?: string;
  attemptedAt?: string;
  serverVersion?: string;
  resourcesCount?: number;
  apisCount?: number;
  lastCacheSyncTime?: string;
  uid?: string | null;
  warnings?: string[];
}

/** Registered clusters, without their credentials. */
export const clusterRoutes: FastifyPluginAsyncTypebox<ClusterRoutes> = async (app, { authorizer, context, redis }) => {
  const objectOf = ({ server, project }: ClusterFacts): string =>
    project === undefined || project === '' ? server : `${project}/${server}`;

  app.get(
    '/api/v1/clusters',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['clusters'],
        querystring: Type.Object({ server: Type.Optional(Type.String()), name: Type.Optional(Type.String()) }),
        response: { 200: Type.Object({ metadata: Type.Object({}), items: Type.Array(ClusterSchema) }) },
      },
    },
    async (request) => {
      const identity = identityOf(request);
      const { server, name } = request.query;
      const items: Type.Static<typeof ClusterSchema>[] = [];
      const counts = applicationCounts(context);
      for (const facts of context.clusters.facts()) {
        if ((server && facts.server !== server) || (name && facts.name !== name)) continue;
        if (await authorizer.allows(identity, 'clusters', 'get', objectOf(facts)))
          items.push(await present(facts, counts));
      }
      // A Secret that registers nothing is named here as well: where else would a person look for it?
      for (const problem of problems()) {
        if (context.clusters.facts().some((facts) => facts.server === problem.server)) continue;
        if ((server && problem.server !== server) || (name && problem.name !== name)) continue;
        if (await authorizer.allows(identity, 'clusters', 'get', problem.server))
          items.push(await present({ server: problem.server, name: problem.name }, counts));
      }
      return { metadata: {}, items };
    },
  );

  app.get(
    '/api/v1/clusters/*',
    {
      config: { access: 'filtered' },
      schema: {
        tags: ['clusters'],
        params: Type.Object({ '*': Type.String() }),
        querystring: Type.Object({ 'id.type': Type.Optional(Type.String()) }),
        response: { 200: ClusterSchema },
      },
    },
    async (request) => {
      const id = decodeOnce(request.params['*']);
      const byName = ['name', 'name_escaped'].includes(request.query['id.type'] ?? '');
      const facts = context.clusters
        .facts()
        .find((candidate) => (byName ? candidate.name === id : candidate.server === id));
      const allowed = await authorizer.allows(
        identityOf(request),
        'clusters',
        'get',
        facts === undefined ? id : objectOf(facts),
      );
      // Which clusters exist is nobody's business who may not see them.
      if (facts === undefined || !allowed) throw permissionDenied();
      return present(facts, applicationCounts(context));
    },
  );

  const present = async (
    facts: ClusterFacts,
    counts: Map<string, number>,
  ): Promise<Type.Static<typeof ClusterSchema>> => {
    const report = await readReport(facts.server);
    const found = problems().filter(
      ({ server, name }) => server === facts.server && (server !== '' || name === facts.name),
    );
    const isBroken = found.length > 0 && report.status !== 'Successful';
    const connectionState = {
      status: isBroken ? 'Failed' : (report.status ?? 'Unknown'),
      message: isBroken ? found.map(({ message }) => message).join('; ') : (report.message ?? ''),
      attemptedAt: report.attemptedAt ?? null,
    };
    const secret = secretOf(facts.server);
    const insecure = secret !== undefined && isInsecure(secret);
    const warnings = [
      ...(insecure ? ['The certificate of the API server is not checked (tlsClientConfig.insecure)'] : []),
      ...(isBroken ? [] : found.map(({ message }) => message)),
      ...(report.warnings ?? []),
    ];
    return {
      server: facts.server,
      name: facts.name,
      ...(facts.project === undefined ? {} : { project: facts.project }),
      ...(facts.namespaces === undefined ? {} : { namespaces: facts.namespaces }),
      ...(facts.clusterResources === undefined ? {} : { clusterResources: facts.clusterResources }),
      ...(facts.labels === undefined ? {} : { labels: facts.labels }),
      ...(facts.shard === undefined ? {} : { shard: facts.shard }),
      config: { tlsClientConfig: { insecure } },
      connectionState,
      serverVersion: report.serverVersion ?? '',
      info: {
        connectionState,
        serverVersion: report.serverVersion ?? '',
        applicationsCount: counts.get(facts.server) ?? 0,
        uid: report.uid ?? null,
        warnings,
        cacheInfo: {
          resourcesCount: report.resourcesCount ?? 0,
          apisCount: report.apisCount ?? 0,
          lastCacheSyncTime: report.lastCacheSyncTime ?? null,
        },
      },
    };
  };

  const readReport = async (server: string): Promise<ClusterReport> => {
    const stored = await redis.get(redisKeys.cluster(server));
    return stored === null ? {} : (JSON.parse(stored) as ClusterReport);
  };

  const problems = (): ClusterProblem[] => clusterProblems(context.collections.secrets.list());

  const secretOf = (server: string): Secret | undefined =>
    registeredClusters(context.collections.secrets.list()).find(({ facts }) => facts.server === server)?.secret;
};

function applicationCounts({
  collections,
  clusters,
}: Pick<ApiContext, 'collections' | 'clusters'>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const application of collections.applications.list()) {
    const server = serverOf(application, clusters.facts());
    counts.set(server, (counts.get(server) ?? 0) + 1);
  }
  return counts;
}

/** An application whose destination is not registered counts nowhere. */
function serverOf({ spec }: Application, facts: readonly ClusterFacts[]): string {
  try {
    return resolveDestination(spec.destination, facts).server;
  } catch {
    return '';
  }
}

/** A URL in a path is percent-encoded once; a wildcard parameter is decoded already when it had no encoded slash. */
function decodeOnce(text: string): string {
  try {
    return /%[0-9a-f]{2}/i.test(text) ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}
