import type { Application, ApplicationSet, AppProject, ClusterFacts, KubernetesObject } from '@lockstep/core';
import type { Redis } from 'ioredis';
import type { Informer } from '../kubernetes/informer.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import type { Logger } from '../logger.ts';
import type { ApiRequests } from './requests.ts';

/** A live copy of one kind of object: reading costs no request, changes are heard of. An informer is one. */
export type Collection<T extends KubernetesObject> = Pick<
  Informer<T>,
  'get' | 'list' | 'onChange' | 'until' | 'absorb'
>;

export interface Secret extends KubernetesObject {
  data?: Record<string, string>;
  type?: string;
}

export interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

export interface ApiConfig {
  /** Where our own objects live; applications there have two-part names in policies. */
  namespace: string;
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Prefix of every path, such as `/argo-cd`; '' for none. */
  rootPath: string;
  /** The built dashboard; without it only the API is served. */
  staticFolder?: string;
  /** Namespaces besides our own where applications are served from: globs or `/regular expressions/`. */
  applicationNamespaces: string[];
  version: { version: string; [fact: string]: string };
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  trustProxy?: string[];
}

/** A cluster applications are deployed to, as far as the API touches it directly. */
export type DestinationClient = Pick<
  KubernetesClient,
  | 'resourceFor'
  | 'rediscover'
  | 'get'
  | 'list'
  | 'apply'
  | 'create'
  | 'replace'
  | 'patch'
  | 'delete'
  | 'events'
  | 'logs'
>;

/** What the API role works with. `main` builds it from informers, clients and Redis; tests build it in memory. */
export interface ApiContext {
  config: ApiConfig;
  logger: Logger;
  /** The figures of this process, as Prometheus reads them. */
  metrics?: { readonly contentType: string; metrics(): Promise<string> };
  redis: Redis;
  /** Opens a connection that may block on Redis; closed by whoever opened it. */
  openBlockingRedis(): Redis;
  /** The cluster that holds our own objects. */
  controlPlane: Pick<KubernetesClient, 'get' | 'list' | 'create' | 'replace' | 'patch' | 'delete'>;
  collections: {
    applications: Collection<Application>;
    projects: Collection<AppProject>;
    applicationSets: Collection<ApplicationSet>;
    /** Of our own namespace. */
    configMaps: Collection<ConfigMap>;
    /** Of our own namespace. */
    secrets: Collection<Secret>;
  };
  clusters: {
    facts(): readonly ClusterFacts[];
    /** Throws `ClusterError` when it cannot be reached, `TerminalError` when it is not registered. */
    client(server: string): Promise<DestinationClient>;
  };
  requests: ApiRequests;
}
