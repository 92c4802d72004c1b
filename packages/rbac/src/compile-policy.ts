import type { AccessRequest } from './enforcer.ts';
import { localAdminLink, type Policy, principalsOf } from './policy.ts';
import type { PolicyRule, RoleLink } from './policy-line.ts';
import { RoleLinks } from './role-links.ts';
import { projectOf, projectOfToken, type Subject } from './subject.ts';

/** One subject's permissions, made for asking often: filtering ten thousand applications costs a few milliseconds. */
export interface CompiledPolicy {
  readonly version: number;
  allows(resource: string, action: string, object: string): boolean;
  /** The rules about a resource and action that concern the subject, one list for each name it is known by, in order. */
  rulesFor(request: AccessRequest): { principal: string; rules: PolicyRule[] }[];
}

/** Actions such as `update/<group>/<kind>/<namespace>/<name>` have no end; beyond this many the memory starts anew. */
const mostDecisionsKept = 10_000;

interface Principal {
  principal: string;
  rules: PolicyRule[];
}

interface Decision {
  allow: PolicyRule[];
  deny: PolicyRule[];
}

/**
 * Compiles a policy for one subject. It gives the same answers as Casbin (`Enforcer.enforce`), which a test over random
 * policies holds it to.
 */
export function compilePolicy(policy: Policy, subject: Subject): CompiledPolicy {
  const principalsByScope = new Map<string, Principal[]>();
  const decisions = new Map<string, Decision[]>();
  const rolesOf = roleClosure(policy, subject);
  const rulesBySubject = groupRules(policy.base.rules);

  // Requests whose projects add no lines are decided alike, so one entry serves them all: names of projects come from
  // callers and must not fill the memory. Only a project token also minds whether the project is its own.
  const scopeOf = (project: string | undefined): string => {
    if (project === undefined) return '';
    if (policy.project(project).rules.length > 0) return `project ${project}`;
    return subject.kind === 'project-token' && project !== projectOfToken(subject) ? 'other' : '';
  };

  const principals = (project: string | undefined): Principal[] => {
    const scope = scopeOf(project);
    let found = principalsByScope.get(scope);
    if (found === undefined) {
      const added = project === undefined ? undefined : policy.project(project);
      const addedRules = groupRules(added?.rules ?? []);
      found = principalsOf(policy, subject, project).map((principal) => ({
        principal,
        rules: [...rolesOf(principal, added?.links ?? [])].flatMap((role) => [
          ...(rulesBySubject.get(role) ?? []),
          ...(addedRules.get(role) ?? []),
        ]),
      }));
      principalsByScope.set(scope, found);
    }
    return found;
  };

  const decide = (resource: string, action: string, project: string | undefined): Decision[] => {
    const key = `${resource}\n${action}\n${scopeOf(project)}`;
    let decision = decisions.get(key);
    if (decision === undefined) {
      decision = principals(project).map(({ rules }) => {
        const concerned = rules.filter((rule) => rule.matchesResource(resource) && rule.matchesAction(action));
        return {
          allow: concerned.filter((rule) => rule.effect === 'allow'),
          deny: concerned.filter((rule) => rule.effect === 'deny'),
        };
      });
      if (decisions.size >= mostDecisionsKept) decisions.clear();
      decisions.set(key, decision);
    }
    return decision;
  };

  return {
    version: policy.version,
    allows(resource, action, object) {
      return decide(resource, action, projectOf(resource, object)).some(
        ({ allow, deny }) =>
          allow.some((rule) => rule.matchesObject(object)) && !deny.some((rule) => rule.matchesObject(object)),
      );
    },
    rulesFor({ resource, action, object }) {
      return principals(projectOf(resource, object)).map(({ principal, rules }) => ({
        principal,
        rules: rules.filter((rule) => rule.matchesResource(resource) && rule.matchesAction(action)),
      }));
    },
  };
}

function groupRules(rules: PolicyRule[]): Map<string, PolicyRule[]> {
  const groups = new Map<string, PolicyRule[]>();
  for (const rule of rules) {
    const group = groups.get(rule.subject);
    if (group === undefined) groups.set(rule.subject, [rule]);
    else group.push(rule);
  }
  return groups;
}

/** The names a principal acts as: itself, its roles, the roles those include. */
function roleClosure(policy: Policy, subject: Subject): (principal: string, added: RoleLink[]) => ReadonlySet<string> {
  const isLocalAdmin = subject.kind === 'local' && subject.name === 'admin';
  return (principal, added) => {
    const links = new RoleLinks();
    for (const link of policy.base.links) links.add(link.member, link.role);
    for (const link of added) links.add(link.member, link.role);
    if (isLocalAdmin) links.add(localAdminLink.member, localAdminLink.role);
    return links.closure(principal);
  };
}
