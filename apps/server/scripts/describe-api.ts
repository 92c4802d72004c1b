import type { KubernetesObject } from '@lockstep/core';
import { Redis } from 'ioredis';
import type { ApiContext, Collection } from '../src/api/api-context.ts';
import { createApp } from '../src/api/app.ts';
import { createServices } from '../src/api/services.ts';
import { silentLogger } from '../src/logger.ts';

/** The OpenAPI document of the API, from an application that is put together but never serves. */
export async function describeApi(): Promise<Record<string, unknown>> {
  const openRedis = (): Redis => {
    const redis = new Redis({ lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => null });
    // Nobody listens there, and nobody needs to.
    redis.on('error', () => {});
    return redis;
  };
  const unused = (): Promise<never> => Promise.reject(new Error('nothing is served while the API is described'));
  const controlPlane = { get: unused, list: unused, create: unused, replace: unused, patch: unused, delete: unused };
  const context: ApiContext = {
    config: {
      namespace: 'argocd',
      host: '127.0.0.1',
      port: 0,
      rootPath: '',
      applicationNamespaces: [],
      // Not the product's: the document must not change with every release.
      version: { version: 'v1' },
    },
    logger: silentLogger,
    redis: openRedis(),
    openBlockingRedis: openRedis,
    controlPlane,
    collections: {
      applications: nothing(),
      projects: nothing(),
      applicationSets: nothing(),
      configMaps: nothing(),
      secrets: nothing(),
    },
    clusters: { facts: () => [], client: unused },
    requests: { plan: unused, manifests: unused, historyDiff: unused, revisionMetadata: unused },
  };
  const services = createServices(context);
  const app = await createApp(context, services);
  await app.ready();
  const document = app.swagger() as unknown as Record<string, unknown>;
  await app.close();
  await services[Symbol.asyncDispose]();
  return document;
}

function nothing<T extends KubernetesObject>(): Collection<T> {
  return {
    get: () => undefined,
    list: () => [][Symbol.iterator]() as IterableIterator<T>,
    onChange: () => () => {},
    until: () => Promise.resolve(undefined),
    absorb: () => {},
  };
}
