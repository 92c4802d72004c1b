import { builtInPolicy } from './built-in-policy.ts';
import type { MatchMode } from './pattern.ts';
import { type PolicyLines, type PolicyProblem, parsePolicyLines, type RoleLink } from './policy-line.ts';
import { type ProjectRole, projectPolicy } from './project-policy.ts';
import { isReservedName, projectOfToken, type Subject } from './subject.ts';

/** Everything a decision depends on. It never changes: a new policy is a new value, so `version` can key caches. */
export interface Policy {
  version: number;
  /** `policy.default`: what everybody has; '' for nothing. */
  defaultRole: string;
  /** Claims that count as groups. */
  scopes: readonly string[];
  mode: MatchMode;
  /** Built-in lines, then `policy.csv`, then `policy.<name>.csv` in the order of their keys. */
  base: PolicyLines;
  /** The lines a project adds to requests about its objects; none for a project that does not exist. */
  project(name: string): PolicyLines;
}

/** `g, admin, role:admin` is for the account `admin`, never for a group or a foreign user of that name. */
export const localAdminLink: RoleLink = { origin: 'built-in', line: 0, member: 'admin', role: 'role:admin' };

const noLines: PolicyLines = { rules: [], links: [], problems: [] };

/**
 * Reads the data of `argocd-rbac-cm`. Lines that cannot be read are in `base.problems`, the others are in force.
 * `projectRoles` gives `spec.roles` of an AppProject, undefined when there is no such project; it is asked once for each.
 */
export function readPolicy(input: {
  data: Readonly<Record<string, string>>;
  version: number;
  projectRoles: (project: string) => readonly ProjectRole[] | undefined;
}): Policy {
  const { data } = input;
  const { mode, problem } = readMatchMode(data['policy.matchMode']);
  const builtIn = builtInPolicy(mode);
  const base: PolicyLines = { rules: [...builtIn.rules], links: [...builtIn.links], problems: problem };
  for (const key of policyKeys(data)) {
    const lines = parsePolicyLines(data[key] ?? '', { origin: key, mode });
    base.rules.push(...lines.rules);
    base.links.push(...lines.links);
    base.problems.push(...lines.problems);
  }
  const scopes = readScopes(data['scopes']);
  base.problems.push(...scopes.problems);
  const projects = new Map<string, PolicyLines>();
  return {
    version: input.version,
    defaultRole: (data['policy.default'] ?? '').trim(),
    scopes: scopes.scopes,
    mode,
    base,
    project(name) {
      const known = projects.get(name);
      if (known !== undefined) return known;
      const roles = input.projectRoles(name);
      // Names of projects that do not exist come from callers: remembering them would let a caller fill the memory.
      if (roles === undefined) return noLines;
      const lines = projectPolicy(name, roles, mode);
      projects.set(name, lines);
      return lines;
    },
  };
}

/**
 * The names a request is decided for, in order; the first that is allowed decides. The default role comes first and no
 * deny elsewhere takes it back; groups count only when a `g` line begins with them.
 */
export function principalsOf(policy: Policy, subject: Subject, project: string | undefined): string[] {
  const principals: string[] = [];
  if (policy.defaultRole !== '') principals.push(policy.defaultRole);
  switch (subject.kind) {
    case 'anonymous':
      return principals;
    case 'project-token':
      if (project === undefined || projectOfToken(subject) === project) principals.push(subject.name);
      return principals;
    case 'local':
    case 'sso': {
      if (subject.name !== '' && !isReservedName(subject.name)) principals.push(subject.name);
      if (subject.groups.length === 0) return principals;
      const members = new Set(policy.base.links.map((link) => link.member));
      if (project !== undefined) for (const link of policy.project(project).links) members.add(link.member);
      for (const group of new Set(subject.groups)) {
        if (members.has(group) && !isReservedName(group)) principals.push(group);
      }
      return principals;
    }
  }
}

function policyKeys(data: Readonly<Record<string, string>>): string[] {
  const overlays = Object.keys(data).filter((key) => /^policy\..+\.csv$/.test(key));
  return ['policy.csv', ...overlays.sort()];
}

function readMatchMode(value: string | undefined): { mode: MatchMode; problem: PolicyProblem[] } {
  const text = (value ?? '').trim();
  if (text === '' || text === 'glob') return { mode: 'glob', problem: [] };
  if (text === 'regex') return { mode: 'regex', problem: [] };
  return {
    mode: 'glob',
    problem: [
      {
        origin: 'policy.matchMode',
        line: 1,
        text,
        reason: 'the match mode is neither glob nor regex, glob is used',
        fix: 'Write glob or regex',
      },
    ],
  };
}

/** `scopes` is a YAML flow list such as `[groups, email]`. */
function readScopes(value: string | undefined): { scopes: string[]; problems: PolicyProblem[] } {
  const text = (value ?? '').trim();
  if (text === '') return { scopes: ['groups'], problems: [] };
  const flow = /^\[(.*)\]$/s.exec(text)?.[1];
  const items = flow === undefined ? blockItems(text) : flow.split(',');
  const scopes = items?.map((item) => item.trim().replace(/^(["'])(.*)\1$/, '$2')).filter((item) => item !== '');
  if (scopes?.every((scope) => /^[\w:./-]+$/.test(scope))) return { scopes, problems: [] };
  return {
    scopes: ['groups'],
    problems: [
      { origin: 'scopes', line: 1, text, reason: 'scopes is not a list of claim names', fix: 'Write [groups, email]' },
    ],
  };
}

function blockItems(text: string): string[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.every((line) => /^\s*-\s+\S/.test(line)) ? lines.map((line) => line.replace(/^\s*-\s+/, '')) : undefined;
}
