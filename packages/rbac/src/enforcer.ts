import { type Enforcer as CasbinEnforcer, newEnforcer, newModelFromString } from 'casbin';
import { type Matcher, PatternError } from './glob.ts';
import { compilePattern } from './pattern.ts';
import { localAdminLink, type Policy, principalsOf } from './policy.ts';
import type { PolicyRule } from './policy-line.ts';
import { RoleLinks } from './role-links.ts';
import { projectOf, type Subject } from './subject.ts';

/** Argo CD's model: a request is allowed when one of the subject's lines allows it and none denies it. */
const model = `
[request_definition]
r = sub, res, act, obj

[policy_definition]
p = sub, res, act, obj, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = g(r.sub, p.sub) && fieldMatch(r.res, p.res) && fieldMatch(r.act, p.act) && fieldMatch(r.obj, p.obj)
`;

/** What is asked: `applications, sync, payments/api`. */
export interface AccessRequest {
  resource: string;
  action: string;
  object: string;
}

/** Decides single requests with Casbin, which is the authority: the compiled checker has to agree with it. */
export class Enforcer {
  readonly policy: Policy;
  readonly #engines = new Map<string, Promise<CasbinEnforcer>>();
  readonly #matchers = new Map<string, Matcher>();

  constructor(policy: Policy) {
    this.policy = policy;
  }

  /** Whether the subject may do it. */
  async enforce(subject: Subject, request: AccessRequest): Promise<boolean> {
    const project = projectOf(request.resource, request.object);
    const principals = principalsOf(this.policy, subject, project);
    if (principals.length === 0) return false;
    const engine = await this.#engine(project, subject.kind === 'local' && subject.name === 'admin');
    return principals.some((principal) =>
      engine.enforceSync(principal, request.resource, request.action, request.object),
    );
  }

  #engine(project: string | undefined, isLocalAdmin: boolean): Promise<CasbinEnforcer> {
    const added = project === undefined ? undefined : this.policy.project(project);
    const hasOwnLines = added !== undefined && added.rules.length + added.links.length > 0;
    const key = `${isLocalAdmin ? 'admin' : ''}|${hasOwnLines ? project : ''}`;
    const known = this.#engines.get(key);
    if (known !== undefined) return known;
    const engine = this.#createEngine(
      [...this.policy.base.rules, ...(added?.rules ?? [])],
      [...this.policy.base.links, ...(added?.links ?? []), ...(isLocalAdmin ? [localAdminLink] : [])],
    );
    this.#engines.set(key, engine);
    return engine;
  }

  async #createEngine(rules: PolicyRule[], links: { member: string; role: string }[]): Promise<CasbinEnforcer> {
    const definition = newModelFromString(model);
    for (const rule of rules) {
      definition.addPolicy('p', 'p', [rule.subject, rule.resource, rule.action, rule.object, rule.effect]);
    }
    for (const link of links) definition.addPolicy('g', 'g', [link.member, link.role]);
    const engine = await newEnforcer();
    engine.setModel(definition);
    engine.setRoleManager(new RoleLinks());
    await engine.addFunction('fieldMatch', (value: string, pattern: string) => this.#matcher(pattern)(value));
    await engine.buildRoleLinks();
    return engine;
  }

  /** A pattern that does not compile stands only in a deny line, and a deny nobody can read denies everything. */
  #matcher(pattern: string): Matcher {
    let matcher = this.#matchers.get(pattern);
    if (matcher === undefined) {
      try {
        matcher = compilePattern(pattern, this.policy.mode);
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        matcher = () => true;
      }
      this.#matchers.set(pattern, matcher);
    }
    return matcher;
  }
}
