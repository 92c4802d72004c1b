import { type Application, type ApplicationKey, globOrRegexMatch } from '@lockstep/core';
import type { ApiContext } from '../api/api-context.ts';
import { ApiError } from '../api/api-error.ts';

const TYPE = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' };

/** Applications: read from the watch, written to the API server; what was written is read at once. */
export class ApplicationStore {
  readonly #controlPlane: ApiContext['controlPlane'];
  readonly #applications: ApiContext['collections']['applications'];
  readonly #namespace: string;
  readonly #otherNamespaces: readonly string[];

  constructor({ controlPlane, collections, config }: Pick<ApiContext, 'controlPlane' | 'collections' | 'config'>) {
    this.#controlPlane = controlPlane;
    this.#applications = collections.applications;
    this.#namespace = config.namespace;
    this.#otherNamespaces = config.applicationNamespaces;
  }

  /** Whether applications of this namespace are ours to serve. */
  serves(namespace: string): boolean {
    return (
      namespace === this.#namespace || this.#otherNamespaces.some((pattern) => globOrRegexMatch(pattern, namespace))
    );
  }

  get({ namespace, name }: ApplicationKey): Application | undefined {
    return this.serves(namespace) ? this.#applications.get(namespace, name) : undefined;
  }

  *list(): IterableIterator<Application> {
    for (const application of this.#applications.list()) {
      if (this.serves(application.metadata.namespace ?? '')) yield application;
    }
  }

  onChange(listener: Parameters<ApiContext['collections']['applications']['onChange']>[0]): () => void {
    return this.#applications.onChange((change) => {
      if (this.serves(change.item.metadata.namespace ?? '')) listener(change);
    });
  }

  /** As stored by the API server, not by our copy: for changes that must not be based on an old version. */
  async read(key: ApplicationKey): Promise<Application | undefined> {
    return (await this.#controlPlane.get({ ...TYPE, ...key })) as Application | undefined;
  }

  /** One JSON merge patch. With `resourceVersion` it is refused (Conflict) when somebody else wrote meanwhile. */
  async patch(key: ApplicationKey, body: Record<string, unknown>, resourceVersion?: string): Promise<Application> {
    const metadata = body['metadata'] as Record<string, unknown> | undefined;
    const patch = resourceVersion === undefined ? body : { ...body, metadata: { ...metadata, resourceVersion } };
    const stored = (await this.#controlPlane.patch({ ...TYPE, ...key }, { type: 'merge', body: patch })) as Application;
    this.#applications.absorb(stored);
    return stored;
  }

  async create(application: Application): Promise<Application> {
    const stored = (await this.#controlPlane.create(application)) as Application;
    this.#applications.absorb(stored);
    return stored;
  }

  async replace(application: Application): Promise<Application> {
    const stored = (await this.#controlPlane.replace(application)) as Application;
    this.#applications.absorb(stored);
    return stored;
  }

  async delete(key: ApplicationKey, uid: string | undefined): Promise<void> {
    await this.#controlPlane.delete(
      { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', ...key },
      { propagation: 'Background', ...(uid === undefined ? {} : { uid }) },
    );
  }

  /** Waits until the application is as wanted. Throws 504 after `timeoutMs`, saying what it waited for. */
  async until(
    key: ApplicationKey,
    wanted: { what: string; isSo: (application: Application | undefined) => boolean; timeoutMs: number; fix?: string },
  ): Promise<Application | undefined> {
    try {
      return await this.#applications.until(key, wanted.isSo, wanted.timeoutMs);
    } catch (error) {
      throw new ApiError(
        'DeadlineExceeded',
        `${key.namespace}/${key.name} was not ${wanted.what} within ${wanted.timeoutMs / 1000} s`,
        {
          fix: wanted.fix ?? 'Check that the controller runs',
          cause: error,
        },
      );
    }
  }
}

/** Namespace and name of an application, as a key. */
export function keyOfApplication(application: Application): ApplicationKey {
  return { namespace: application.metadata.namespace ?? '', name: application.metadata.name ?? '' };
}
