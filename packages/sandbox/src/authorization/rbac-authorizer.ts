import type { UserInfo } from '../authentication/user-info.ts';
import type { JsonObject } from '../json.ts';
import { objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import { labelSelectorMatcher } from '../selectors/label-selector.ts';
import type { StoredObject } from '../storage/internal-client.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const rbac = 'rbac.authorization.k8s.io';

/** What someone wants to do: to a resource, or to a path that is none. */
export type AccessAttributes =
  | {
      isResource: true;
      verb: string;
      group: string;
      resource: string;
      subresource: string;
      namespace: string;
      name: string;
    }
  | { isResource: false; verb: string; path: string };

export interface AccessDecision {
  allowed: boolean;
  /** The binding that allows it, in the words of the real authorizer; '' when none does. */
  reason: string;
}

/** Evaluates Roles, ClusterRoles and their bindings as they are stored now. `system:masters` may do everything. */
export class RbacAuthorizer {
  private readonly store: ObjectStore;

  constructor(store: ObjectStore) {
    this.store = store;
  }

  authorize(user: UserInfo, attributes: AccessAttributes): AccessDecision {
    if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
    const namespace = attributes.isResource ? attributes.namespace : '';
    for (const { rules, why } of this.grants(user, namespace)) {
      if (rules.some((rule) => ruleAllows(rule, attributes)))
        return { allowed: true, reason: `RBAC: allowed by ${why}` };
    }
    return { allowed: false, reason: '' };
  }

  /** Every rule that applies to the user in a namespace ('' for cluster scope only). */
  rulesFor(user: UserInfo, namespace: string): JsonObject[] {
    if (user.groups.includes('system:masters')) {
      return [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ];
    }
    return [...this.grants(user, namespace)].flatMap(({ rules }) => rules);
  }

  private *grants(user: UserInfo, namespace: string): Generator<{ rules: JsonObject[]; why: string }> {
    for (const binding of this.store.list(`${rbac}/clusterrolebindings`)) {
      const subject = matchingSubject(binding, user);
      if (subject === undefined) continue;
      const role = stringAt(binding, 'roleRef', 'name') ?? '';
      const why = `ClusterRoleBinding "${binding.metadata.name}" of ClusterRole "${role}" to ${subject}`;
      yield { rules: this.rulesOf(binding, ''), why };
    }
    if (namespace === '') return;
    for (const binding of this.store.list(`${rbac}/rolebindings`, namespace)) {
      const subject = matchingSubject(binding, user);
      if (subject === undefined) continue;
      const role = objectAt(binding, 'roleRef');
      const why = `RoleBinding "${binding.metadata.name}/${namespace}" of ${stringAt(role, 'kind') ?? ''} "${stringAt(role, 'name') ?? ''}" to ${subject}`;
      yield { rules: this.rulesOf(binding, namespace), why };
    }
  }

  private rulesOf(binding: StoredObject, namespace: string): JsonObject[] {
    const kind = stringAt(binding, 'roleRef', 'kind');
    const name = stringAt(binding, 'roleRef', 'name') ?? '';
    const role =
      kind === 'ClusterRole'
        ? this.store.get(`${rbac}/clusterroles`, '', name)
        : this.store.get(`${rbac}/roles`, namespace, name);
    return [...objectsAt(role, 'rules'), ...this.aggregatedRules(role)];
  }

  /** The rules of the ClusterRoles that an aggregating ClusterRole selects. */
  private aggregatedRules(role: StoredObject | undefined): JsonObject[] {
    const selectors = objectsAt(role, 'aggregationRule', 'clusterRoleSelectors').map(labelSelectorMatcher);
    if (selectors.length === 0) return [];
    return this.store
      .list(`${rbac}/clusterroles`)
      .filter((other) => other !== role && selectors.some((matches) => matches(other.metadata.labels ?? {})))
      .flatMap((other) => objectsAt(other, 'rules'));
  }
}

function matchingSubject(binding: StoredObject, user: UserInfo): string | undefined {
  for (const subject of objectsAt(binding, 'subjects')) {
    const name = stringAt(subject, 'name') ?? '';
    switch (stringAt(subject, 'kind')) {
      case 'User':
        if (name === user.username || name === '*') return `User "${name}"`;
        break;
      case 'Group':
        if (user.groups.includes(name)) return `Group "${name}"`;
        break;
      case 'ServiceAccount': {
        const namespace = stringAt(subject, 'namespace') ?? binding.metadata.namespace ?? '';
        if (user.username === `system:serviceaccount:${namespace}:${name}`)
          return `ServiceAccount "${name}/${namespace}"`;
        break;
      }
      default:
        break;
    }
  }
  return undefined;
}

function ruleAllows(rule: JsonObject, attributes: AccessAttributes): boolean {
  const verbs = stringsAt(rule, 'verbs');
  if (!verbs.includes('*') && !verbs.includes(attributes.verb)) return false;
  if (!attributes.isResource)
    return stringsAt(rule, 'nonResourceURLs').some((pattern) => matchesPath(pattern, attributes.path));
  const groups = stringsAt(rule, 'apiGroups');
  if (!groups.includes('*') && !groups.includes(attributes.group)) return false;
  const { resource, subresource, name } = attributes;
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`;
  const isMatch = stringsAt(rule, 'resources').some(
    (pattern) => pattern === '*' || pattern === wanted || (subresource !== '' && pattern === `*/${subresource}`),
  );
  const names = stringsAt(rule, 'resourceNames');
  return isMatch && (names.length === 0 || names.includes(name));
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** The message of a 403, worded as the real server does. */
export function describeDenied(user: UserInfo, attributes: AccessAttributes): string {
  if (!attributes.isResource)
    return `User ${JSON.stringify(user.username)} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  const resource =
    attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const scope =
    attributes.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(attributes.namespace)}`;
  return `User ${JSON.stringify(user.username)} cannot ${attributes.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)} ${scope}`;
}
