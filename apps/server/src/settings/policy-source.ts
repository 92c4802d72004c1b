import { isDeepStrictEqual } from 'node:util';
import type { AppProject } from '@lockstep/core';
import { type CompiledPolicy, compilePolicy, Enforcer, type Policy, readPolicy, type Subject } from '@lockstep/rbac';
import { LRUCache } from 'lru-cache';
import type { Collection, ConfigMap } from '../api/api-context.ts';

/**
 * The policy in force: `argocd-rbac-cm` and the roles of the projects. Every change that matters makes a new version, by
 * which open streams notice that they have to check again.
 */
export class PolicySource {
  readonly #configMaps: Collection<ConfigMap>;
  readonly #projects: Collection<AppProject>;
  readonly #namespace: string;
  readonly #listeners = new Set<() => void>();
  readonly #compiled = new LRUCache<string, CompiledPolicy>({ max: 500 });
  #version = 1;
  #enforcer: Enforcer | undefined;

  constructor(collections: { configMaps: Collection<ConfigMap>; projects: Collection<AppProject> }, namespace: string) {
    this.#configMaps = collections.configMaps;
    this.#projects = collections.projects;
    this.#namespace = namespace;
    collections.configMaps.onChange(({ item }) => {
      if (item.metadata.name === 'argocd-rbac-cm') this.#renew();
    });
    collections.projects.onChange((change) => {
      // Projects are written often (status); only their roles are part of the policy.
      const unchanged =
        change.type === 'modified' && isDeepStrictEqual(change.item.spec.roles, change.previous.spec.roles);
      if (!unchanged) this.#renew();
    });
  }

  get version(): number {
    return this.#version;
  }

  get policy(): Policy {
    return this.#authority().policy;
  }

  /** Decides one request. Casbin is asked. */
  async enforce(subject: Subject, resource: string, action: string, object: string): Promise<boolean> {
    return this.#authority().enforce(subject, { resource, action, object });
  }

  /** The subject's permissions for asking often. */
  compiled(subject: Subject): CompiledPolicy {
    const key = JSON.stringify([this.#version, subject.kind, subject.name, subject.groups]);
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      compiled = compilePolicy(this.policy, subject);
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #authority(): Enforcer {
    this.#enforcer ??= new Enforcer(
      readPolicy({
        data: this.#configMaps.get(this.#namespace, 'argocd-rbac-cm')?.data ?? {},
        version: this.#version,
        projectRoles: (project) => this.#projects.get(this.#namespace, project)?.spec.roles ?? this.#noRoles(project),
      }),
    );
    return this.#enforcer;
  }

  #noRoles(project: string): [] | undefined {
    return this.#projects.get(this.#namespace, project) === undefined ? undefined : [];
  }

  #renew(): void {
    this.#version += 1;
    this.#enforcer = undefined;
    this.#compiled.clear();
    for (const listener of this.#listeners) listener();
  }
}
