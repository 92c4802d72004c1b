import { describe, expect, test } from 'vitest';
import { formatRule, parsePolicyLines } from './policy-line.ts';

const parse = (csv: string, mode: 'glob' | 'regex' = 'glob') => parsePolicyLines(csv, { origin: 'policy.csv', mode });

describe('parsePolicyLines', () => {
  test('reads p and g lines, comments and quoted fields', () => {
    const { rules, links, problems } = parse(
      '# comment\n\np, role:dev, applications, sync, shop/*, allow\r\ng, "team, west", role:dev\n  g,bob,role:dev  ',
    );
    expect(problems).toEqual([]);
    expect(rules.map(formatRule)).toEqual(['p, role:dev, applications, sync, shop/*, allow']);
    expect(links).toEqual([
      { origin: 'policy.csv', line: 4, member: 'team, west', role: 'role:dev' },
      { origin: 'policy.csv', line: 5, member: 'bob', role: 'role:dev' },
    ]);
  });

  test('reports broken lines with number, reason and fix, and keeps the others in force', () => {
    const { rules, links, problems } = parse(
      [
        'p, role:dev, applications, sync',
        'p, role:dev, applications, get, shop/*, allow',
        'g, bob',
        'x, bob, role:dev',
        'p, role:dev, applications, get, shop/*, ALLOW',
        'p, role:dev, applications, get, shop/[a, allow',
        'p, "role:dev, applications, get, a/b, allow',
        'p, , applications, get, a/b, allow',
        'g, bob, role:dev',
      ].join('\n'),
    );
    expect(rules.map((rule) => rule.line)).toEqual([2]);
    expect(links.map((link) => link.line)).toEqual([9]);
    expect(problems.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'a "p" line has 6 fields, this one has 4'],
      [3, 'a "g" line has 3 fields, this one has 2'],
      [4, 'the line starts with "x"'],
      [5, 'the effect is "ALLOW"'],
      [6, 'the object "shop/[a" is not a valid glob: "[" without "]"'],
      [7, 'a quote is not closed or stands inside a field'],
      [8, 'a "p" line has 6 fields, this one has an empty one'],
    ]);
    expect(problems.every((problem) => problem.fix !== '' && problem.text !== '')).toBe(true);
  });

  test('keeps a deny that is written badly as a deny', () => {
    const { rules, problems } = parse(
      'p, bob, applications, *, */*, deny # holiday\np, bob, applications, *, */*, DENY\np, bob, logs, get, a/[b, deny',
    );
    expect(rules.map((rule) => rule.effect)).toEqual(['deny', 'deny', 'deny']);
    expect(rules[2]?.matchesObject('any/thing')).toBe(true);
    expect(problems).toHaveLength(3);
  });

  test('reports a regular expression that RE2 does not take', () => {
    const { rules, problems } = parse(
      'p, bob, applications, get, (?=a)b, allow\np, bob, logs, get, ^a/.*$, allow',
      'regex',
    );
    expect(rules.map((rule) => rule.line)).toEqual([2]);
    expect(problems[0]?.reason).toContain('is not a valid regex');
  });

  test('matches a hostile regular expression in linear time', () => {
    const { rules } = parse('p, bob, applications, get, ^(a+)+$, allow', 'regex');
    const started = performance.now();
    expect(rules[0]?.matchesObject(`${'a'.repeat(5_000)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
