import { compilePolicy } from './compile-policy.ts';
import type { AccessRequest } from './enforcer.ts';
import type { Policy } from './policy.ts';
import { formatField, formatRule, type PolicyRule } from './policy-line.ts';
import type { Subject } from './subject.ts';

/** Why a request is allowed or not, with the line that decides. */
export interface Explanation {
  allowed: boolean;
  /** One sentence. */
  reason: string;
  /** The line that decided; absent when no line is about the request. */
  rule?: { text: string; effect: 'allow' | 'deny'; origin: string; line: number };
  /** The name that the line applies to: the subject, one of its groups, or the default role. */
  principal?: string;
  /** A line that would allow it, when it is not. */
  suggestion?: string;
}

/** Decides like `Enforcer.enforce` and names the deciding line. */
export function explain(policy: Policy, subject: Subject, request: AccessRequest): Explanation {
  const { resource, action, object } = request;
  let denied: { principal: string; rule: PolicyRule } | undefined;
  for (const { principal, rules } of compilePolicy(policy, subject).rulesFor(request)) {
    const matching = rules.filter((rule) => rule.matchesObject(object));
    const deny = matching.find((rule) => rule.effect === 'deny');
    const allow = matching.find((rule) => rule.effect === 'allow');
    if (allow !== undefined && deny === undefined) {
      return {
        allowed: true,
        reason: `${describePrincipal(policy, subject, principal)} is allowed by ${describeLine(allow)}`,
        rule: ruleFacts(allow),
        principal,
      };
    }
    if (deny !== undefined) denied ??= { principal, rule: deny };
  }
  const suggestion = ['p', subject.name || 'role:name', resource, action, object, 'allow'].map(formatField).join(', ');
  if (denied !== undefined) {
    return {
      allowed: false,
      reason: `${describePrincipal(policy, subject, denied.principal)} is denied by ${describeLine(denied.rule)}`,
      rule: ruleFacts(denied.rule),
      principal: denied.principal,
    };
  }
  const names = [subject.name, ...subject.groups].filter((name) => name !== '').join(', ') || 'nobody who is logged in';
  return {
    allowed: false,
    reason: `No line allows ${resource}, ${action}, ${object} for ${names}`,
    suggestion,
  };
}

function ruleFacts(rule: PolicyRule): NonNullable<Explanation['rule']> {
  return { text: formatRule(rule), effect: rule.effect, origin: rule.origin, line: rule.line };
}

function describeLine(rule: PolicyRule): string {
  return `"${formatRule(rule)}" (${rule.origin}${rule.line > 0 ? ` line ${rule.line}` : ''})`;
}

function describePrincipal(policy: Policy, subject: Subject, principal: string): string {
  if (principal === subject.name) return principal;
  return principal === policy.defaultRole ? `everybody (default role ${principal})` : `the group ${principal}`;
}
