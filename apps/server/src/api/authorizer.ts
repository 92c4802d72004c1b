import type { ApplicationPermissions } from '@lockstep/contract';
import { type Application, permitsSourceNamespace, projectNameOf } from '@lockstep/core';
import { applicationObject, rollbackAction } from '@lockstep/rbac';
import type { Identity } from '../auth/identity.ts';
import type { PolicySource } from '../settings/policy-source.ts';
import type { SettingsSource } from '../settings/settings-source.ts';
import type { ApplicationStore } from '../store/application-store.ts';
import type { ApiContext } from './api-context.ts';
import { ApiError, permissionDenied } from './api-error.ts';

/** How a request names an application. */
export interface ApplicationReference {
  name: string;
  /** Our own namespace when absent. */
  appNamespace?: string;
  /** Tells the caller knows the project: only then a missing application is told from a forbidden one. */
  project?: string;
}

/** The one place that decides whether a caller may do something, by the policy in force. */
export class Authorizer {
  readonly #policy: PolicySource;
  readonly #settings: SettingsSource;
  readonly #applications: ApplicationStore;
  readonly #projects: ApiContext['collections']['projects'];
  readonly #namespace: string;

  constructor(parts: {
    policy: PolicySource;
    settings: SettingsSource;
    applications: ApplicationStore;
    projects: ApiContext['collections']['projects'];
    namespace: string;
  }) {
    this.#policy = parts.policy;
    this.#settings = parts.settings;
    this.#applications = parts.applications;
    this.#projects = parts.projects;
    this.#namespace = parts.namespace;
  }

  async allows(identity: Identity, resource: string, action: string, object: string): Promise<boolean> {
    return this.#policy.enforce(identity.subject, resource, action, object);
  }

  /** Throws Argo CD's 403, which names what was missing. */
  async require(identity: Identity, resource: string, action: string, object: string): Promise<void> {
    if (!(await this.allows(identity, resource, action, object))) throw denied(identity, resource, action, object);
  }

  /** The name of an application in policies. */
  objectOf(application: Application): string {
    return applicationObject(
      {
        project: projectNameOf(application.spec),
        namespace: application.metadata.namespace ?? '',
        name: application.metadata.name ?? '',
      },
      this.#namespace,
    );
  }

  /**
   * The application a request is about, if the caller may `get` it and one of `actions`. Who does not name the project
   * gets the same 403 for an application that is forbidden, missing, or in a namespace that is not served.
   */
  async application(
    identity: Identity,
    reference: ApplicationReference,
    actions: readonly string[] = ['get'],
    resource: 'applications' | 'logs' | 'exec' = 'applications',
  ): Promise<Application> {
    const namespace = reference.appNamespace || this.#namespace;
    const application = this.#applications.get({ namespace, name: reference.name });
    const wantedProject = reference.project ?? '';
    if (wantedProject !== '') {
      const object = applicationObject({ project: wantedProject, namespace, name: reference.name }, this.#namespace);
      if (!(await this.allows(identity, 'applications', 'get', object))) throw permissionDenied();
      if (application === undefined || projectNameOf(application.spec) !== wantedProject) {
        throw new ApiError('NotFound', `applications.argoproj.io "${reference.name}" not found`);
      }
    }
    // The same question is asked for one that does not exist, so that the answer takes as long.
    const object =
      application === undefined
        ? applicationObject({ project: 'default', namespace, name: reference.name }, this.#namespace)
        : this.objectOf(application);
    const mayGet = await this.allows(identity, 'applications', 'get', object);
    if (application === undefined || !mayGet || !this.#isPermittedNamespace(application)) throw permissionDenied();
    for (const action of actions) {
      if (resource === 'applications' && action === 'get') return application;
      if (await this.allows(identity, resource, action, object)) return application;
    }
    throw denied(identity, resource, actions[0] ?? 'get', object);
  }

  /** The applications the caller may see, by the compiled policy: one pass, no requests. */
  *visible(identity: Identity): IterableIterator<Application> {
    const compiled = this.#policy.compiled(identity.subject);
    for (const application of this.#applications.list()) {
      if (
        compiled.allows('applications', 'get', this.objectOf(application)) &&
        this.#isPermittedNamespace(application)
      ) {
        yield application;
      }
    }
  }

  /** Whether a stream may show an application: the same answer as `visible`. */
  maySee(identity: Identity, application: Application): boolean {
    return (
      this.#policy.compiled(identity.subject).allows('applications', 'get', this.objectOf(application)) &&
      this.#isPermittedNamespace(application)
    );
  }

  /** What the caller may do with an application, for the dashboard to offer only that. */
  permissions(identity: Identity, application: Application): ApplicationPermissions {
    const compiled = this.#policy.compiled(identity.subject);
    const object = this.objectOf(application);
    const may = (action: string): boolean => compiled.allows('applications', action, object);
    return {
      update: may('update'),
      delete: may('delete'),
      sync: may('sync'),
      override: may('override'),
      rollback: may(rollbackAction(this.#settings.get().actions)),
      logs: compiled.allows('logs', 'get', object),
      exec: compiled.allows('exec', 'create', object),
    };
  }

  /** An application may live outside our namespace only where its project says so. */
  #isPermittedNamespace(application: Application): boolean {
    const namespace = application.metadata.namespace ?? '';
    if (namespace === this.#namespace) return true;
    const project = this.#projects.get(this.#namespace, projectNameOf(application.spec));
    return project !== undefined && permitsSourceNamespace(project, namespace, this.#namespace);
  }
}

/** Argo CD's text: it names the request, never what exists. */
function denied(identity: Identity, resource: string, action: string, object: string): ApiError {
  const since =
    identity.issuedAt === 0 ? '' : `, iat: ${new Date(identity.issuedAt * 1000).toISOString().replace('.000', '')}`;
  const name = identity.username === '' ? '' : `, sub: ${identity.subject.name}`;
  return new ApiError('PermissionDenied', `permission denied: ${resource}, ${action}, ${object}${name}${since}`);
}
