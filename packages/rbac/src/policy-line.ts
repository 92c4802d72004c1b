import { type Matcher, PatternError } from './glob.ts';
import { compilePattern, type MatchMode } from './pattern.ts';

type Effect = 'allow' | 'deny';

/** Where a line stands: a key of `argocd-rbac-cm`, `built-in`, or a project's role. */
interface LineOrigin {
  origin: string;
  /** 1-based. */
  line: number;
}

/** A `p` line: what a subject may or may not do. */
export interface PolicyRule extends LineOrigin {
  subject: string;
  resource: string;
  action: string;
  object: string;
  effect: Effect;
  matchesResource: Matcher;
  matchesAction: Matcher;
  matchesObject: Matcher;
}

/** A `g` line: the user or group `member` has the role. */
export interface RoleLink extends LineOrigin {
  member: string;
  role: string;
}

/** A line that could not be taken as written. The other lines are in force. */
export interface PolicyProblem extends LineOrigin {
  text: string;
  reason: string;
  /** What to write instead. */
  fix: string;
}

export interface PolicyLines {
  rules: PolicyRule[];
  links: RoleLink[];
  problems: PolicyProblem[];
}

/**
 * Reads lines `p, subject, resource, action, object, allow|deny` and `g, user or group, role`. A line that cannot be read
 * is reported and left out, except that what was meant as a deny still denies: leaving it out would open what somebody
 * wanted closed.
 */
export function parsePolicyLines(csv: string, options: { origin: string; mode: MatchMode }): PolicyLines {
  const lines: PolicyLines = { rules: [], links: [], problems: [] };
  csv.split(/\r?\n/).forEach((raw, index) => {
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) return;
    parseLine(text, { origin: options.origin, line: index + 1 }, options.mode, lines);
  });
  return lines;
}

function parseLine(text: string, where: LineOrigin, mode: MatchMode, lines: PolicyLines): void {
  const report = (reason: string, fix: string): void => {
    lines.problems.push({ ...where, text, reason, fix });
  };
  const fields = splitFields(text);
  if (fields === undefined) {
    report('a quote is not closed or stands inside a field', 'Quote the whole field: "my, group"');
    return;
  }
  const [type, ...rest] = fields;
  if (type === 'g') {
    const [member, role] = rest;
    if (rest.length !== 2 || !member || !role) {
      report(`a "g" line has 3 fields, this one has ${fields.length}`, 'Write: g, user or group, role:name');
    } else {
      lines.links.push({ ...where, member, role });
    }
    return;
  }
  if (type !== 'p') {
    report(`the line starts with "${type}"`, 'Start a permission with "p," and a role assignment with "g,"');
    return;
  }
  const [subject, resource, action, object, effectText] = rest;
  if (rest.length !== 5 || !subject || !resource || !action || !object || !effectText) {
    const count = rest.length === 5 ? 'an empty one' : `${fields.length}`;
    report(`a "p" line has 6 fields, this one has ${count}`, 'Write: p, subject, resource, action, object, allow');
    return;
  }
  const effect = readEffect(effectText);
  if (effect === undefined) {
    report(
      `the effect is "${effectText}"`,
      'Write allow or deny, in small letters, with no comment after it. The line is not in force',
    );
    return;
  }
  if (effect !== effectText) {
    report(
      `the effect is "${effectText}"`,
      'Write deny, in small letters, with no comment after it. It is taken as deny until then',
    );
  }
  const compile = (field: string, pattern: string): Matcher | undefined => {
    try {
      return compilePattern(pattern, mode);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      const consequence = effect === 'deny' ? `Until then it denies every ${field}` : 'The line is not in force';
      report(
        `the ${field} "${pattern}" is not a valid ${mode}: ${error.message}`,
        `Correct the ${field}. ${consequence}`,
      );
      return effect === 'deny' ? () => true : undefined;
    }
  };
  const matchesResource = compile('resource', resource);
  const matchesAction = compile('action', action);
  const matchesObject = compile('object', object);
  if (!matchesResource || !matchesAction || !matchesObject) return;
  lines.rules.push({
    ...where,
    subject,
    resource,
    action,
    object,
    effect,
    matchesResource,
    matchesAction,
    matchesObject,
  });
}

/** Anything that begins like a deny is one; an allow must be written exactly. */
function readEffect(text: string): Effect | undefined {
  if (text === 'allow') return 'allow';
  return /^deny\b/i.test(text) ? 'deny' : undefined;
}

/** CSV fields, trimmed; `"` quotes a field that holds a comma, `""` is a quote in it. Undefined when quotes do not pair. */
function splitFields(text: string): string[] | undefined {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    rest = rest.trimStart();
    const quoted = /^"((?:[^"]|"")*)"\s*(,|$)/.exec(rest);
    const plain = quoted === null ? /^([^",]*)(,|$)/.exec(rest) : null;
    const found = quoted ?? plain;
    if (found === null) return undefined;
    const value = found[1] ?? '';
    fields.push(quoted === null ? value.trim() : value.replaceAll('""', '"'));
    rest = rest.slice(found[0].length);
    if (found[2] !== ',') return rest === '' ? fields : undefined;
  }
}

/** One CSV field, quoted where it has to be. */
export function formatField(value: string): string {
  return /[",]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The line as one would write it. */
export function formatRule(rule: Pick<PolicyRule, 'subject' | 'resource' | 'action' | 'object' | 'effect'>): string {
  return ['p', rule.subject, rule.resource, rule.action, rule.object, rule.effect].map(formatField).join(', ');
}
