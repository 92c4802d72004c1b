import {
  type Application,
  type ApplicationKey,
  type AppProject,
  DEFAULT_SETTINGS,
  globOrRegexMatch,
  type KubernetesObject,
  LABEL_SECRET_TYPE,
  parseSettings,
  type Settings,
} from '@lockstep/core';
import { Informer } from '../kubernetes/informer.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import type { Logger } from '../logger.ts';

export interface Secret extends KubernetesObject {
  type?: string;
  data?: Record<string, string>;
}

export interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

const GROUP = { group: 'argoproj.io', version: 'v1alpha1' } as const;
const CORE = { group: '', version: 'v1' } as const;

/** The controller's view of its own objects, all of it from watches. */
export class ControlPlane implements AsyncDisposable {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly projects: Informer<AppProject>;
  /** Repositories, credential templates and clusters. */
  readonly secrets: Informer<Secret>;
  readonly configMaps: Informer<ConfigMap>;
  /** Our namespace and the definition of Application, watched for their deletion. */
  readonly #foundations: Informer<KubernetesObject>[];
  readonly #logger: Logger;
  readonly #settingsListeners = new Set<() => void>();
  #applications: Informer<Application> | undefined;
  /** When the last complete list of Applications began, by `performance.now()`. */
  #listedAt = -Infinity;
  #settings: Settings = DEFAULT_SETTINGS;

  constructor(options: { client: KubernetesClient; namespace: string; logger: Logger }) {
    const { client, namespace, logger } = options;
    this.client = client;
    this.namespace = namespace;
    this.#logger = logger;
    const connection = client.connection;
    const onError = (error: unknown): void => logger.debug({ err: error }, 'watch of our own objects');
    this.projects = new Informer({
      connection,
      resource: { ...GROUP, kind: 'AppProject', plural: 'appprojects' },
      namespace,
      onError,
    });
    this.secrets = new Informer({
      connection,
      resource: { ...CORE, kind: 'Secret', plural: 'secrets' },
      namespace,
      labelSelector: LABEL_SECRET_TYPE,
      onError,
    });
    this.configMaps = new Informer({
      connection,
      resource: { ...CORE, kind: 'ConfigMap', plural: 'configmaps' },
      namespace,
      onError,
    });
    this.#foundations = [
      new Informer({
        connection,
        resource: { ...CORE, kind: 'Namespace', plural: 'namespaces' },
        fieldSelector: `metadata.name=${namespace}`,
        onError,
      }),
      new Informer({
        connection,
        resource: {
          group: 'apiextensions.k8s.io',
          version: 'v1',
          kind: 'CustomResourceDefinition',
          plural: 'customresourcedefinitions',
        },
        fieldSelector: 'metadata.name=applications.argoproj.io',
        // Only its deletion matters; the schema is large.
        trim: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
        onError,
      }),
    ];
    this.configMaps.onChange(({ item }) => {
      if (SETTINGS_MAPS.includes(item.metadata.name ?? '')) this.#readSettings();
    });
  }

  /** Lists everything once. Settings are known before the first application is. */
  async start(): Promise<void> {
    await Promise.all(
      [this.configMaps, this.secrets, this.projects, ...this.#foundations].map((informer) => informer.start()),
    );
    this.#readSettings();
    // Watching all namespaces needs more permission, so it is done only when the settings name others.
    const watchesAll = this.#settings.applicationNamespaces.length > 0;
    this.#applications = new Informer({
      connection: this.client.connection,
      resource: { ...GROUP, kind: 'Application', plural: 'applications' },
      ...(watchesAll ? {} : { namespace: this.namespace }),
      onError: (error) => this.#logger.debug({ err: error }, 'watch of our own objects'),
    });
    this.#listedAt = performance.now();
    await this.#applications.start();
    this.onSettings(() => {
      if (this.#settings.applicationNamespaces.length > 0 !== watchesAll)
        this.#logger.warn('application.namespaces takes effect at the next start');
    });
  }

  get applications(): Informer<Application> {
    if (this.#applications === undefined) throw new Error('the control plane was not started');
    return this.#applications;
  }

  /**
   * Resolves when everything written to Applications before `since` (of `performance.now()`) is seen. A watch promises
   * that only for some later time, and another controller may have finished an operation a moment ago.
   */
  async isSeen(since: number): Promise<void> {
    if (this.#listedAt >= since) return;
    const startedAt = performance.now();
    await this.applications.relist();
    this.#listedAt = Math.max(this.#listedAt, startedAt);
  }

  /** Why nothing may be deleted in a cascade now: what makes Applications exist is being removed. */
  deletionBrake(): string | undefined {
    for (const informer of this.#foundations) {
      for (const { kind, metadata } of informer.list()) {
        if (metadata.deletionTimestamp !== undefined) {
          return `${kind} ${metadata.name} is being deleted; removing Lockstep must not remove what it deployed. Remove the finalizers of the Applications to let it go`;
        }
      }
    }
    return undefined;
  }

  settings(): Settings {
    return this.#settings;
  }

  /** Called after settings changed. */
  onSettings(listener: () => void): void {
    this.#settingsListeners.add(listener);
  }

  configMap(name: string): Record<string, string> {
    return this.configMaps.get(this.namespace, name)?.data ?? {};
  }

  /** An application we serve: in our namespace, or in one the settings allow. */
  application(key: ApplicationKey): Application | undefined {
    return this.serves(key.namespace) ? this.applications.get(key.namespace, key.name) : undefined;
  }

  /** Those known so far; none before the first list, though clusters and settings may be heard of already. */
  *allApplications(): IterableIterator<Application> {
    for (const application of this.#applications?.list() ?? [])
      if (this.serves(application.metadata.namespace ?? '')) yield application;
  }

  serves(namespace: string): boolean {
    return (
      namespace === this.namespace ||
      this.#settings.applicationNamespaces.some((pattern) => globOrRegexMatch(pattern, namespace))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.#applications, this.projects, this.secrets, this.configMaps, ...this.#foundations].map(async (informer) =>
        informer?.[Symbol.asyncDispose](),
      ),
    );
  }

  #readSettings(): void {
    const { settings, warnings } = parseSettings({
      configMap: this.configMap('argocd-cm'),
      parameters: this.configMap('argocd-cmd-params-cm'),
    });
    for (const { key, message } of warnings) this.#logger.warn({ key }, `settings: ${key} ${message}`);
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#settings = settings;
    for (const listener of this.#settingsListeners) listener();
  }
}

const SETTINGS_MAPS = ['argocd-cm', 'argocd-cmd-params-cm'];

export function keyOfApplication(application: Pick<Application, 'metadata'>): ApplicationKey {
  return { namespace: application.metadata.namespace ?? '', name: application.metadata.name ?? '' };
}

export function textOfKey(key: ApplicationKey): string {
  return `${key.namespace}/${key.name}`;
}
