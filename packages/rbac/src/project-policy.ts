import type { MatchMode } from './pattern.ts';
import { formatField, formatRule, type PolicyLines, parsePolicyLines } from './policy-line.ts';

/** A role of an AppProject, as `spec.roles[]` has it. */
export interface ProjectRole {
  name: string;
  policies?: readonly string[];
  groups?: readonly string[];
}

/** What a project's own roles may be about. */
const projectResources = new Set([
  'applications',
  'applicationsets',
  'logs',
  'exec',
  'repositories',
  'write-repositories',
  'clusters',
]);

/**
 * The lines a project adds for requests about its own objects. A line that is about another project, another role or a
 * resource that no project owns is reported and not in force.
 */
export function projectPolicy(project: string, roles: readonly ProjectRole[], mode: MatchMode): PolicyLines {
  const all: PolicyLines = { rules: [], links: [], problems: [] };
  for (const role of roles) {
    const subject = `proj:${project}:${role.name}`;
    const origin = `project ${project}, role ${role.name}`;
    const lines = parsePolicyLines((role.policies ?? []).join('\n'), { origin, mode });
    all.problems.push(...lines.problems);
    for (const link of lines.links) {
      all.problems.push({
        ...link,
        text: `g, ${link.member}, ${link.role}`,
        reason: 'a project role cannot hold "g" lines',
        fix: 'List the group under groups of the role',
      });
    }
    for (const rule of lines.rules) {
      const fault = ruleFault(rule, { project, subject });
      if (fault === undefined) all.rules.push(rule);
      else all.problems.push({ origin, line: rule.line, text: formatRule(rule), ...fault });
    }
    const own = parsePolicyLines(`p, ${subject}, projects, get, ${formatField(project)}, allow`, { origin, mode });
    all.rules.push(...own.rules);
    for (const group of role.groups ?? []) all.links.push({ origin, line: 0, member: group, role: subject });
  }
  return all;
}

function ruleFault(
  rule: { subject: string; resource: string; object: string },
  expected: { project: string; subject: string },
): { reason: string; fix: string } | undefined {
  if (rule.subject !== expected.subject) {
    return { reason: `the subject is "${rule.subject}"`, fix: `Write ${expected.subject}` };
  }
  if (!projectResources.has(rule.resource)) {
    return {
      reason: `"${rule.resource}" is not a resource of a project`,
      fix: `Use one of ${[...projectResources].join(', ')}, or put the line into argocd-rbac-cm`,
    };
  }
  if (!rule.object.startsWith(`${expected.project}/`)) {
    return {
      reason: `the object "${rule.object}" is outside of the project`,
      fix: `Begin it with ${expected.project}/`,
    };
  }
  return undefined;
}
