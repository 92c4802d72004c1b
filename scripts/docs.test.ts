import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const files = filesBelow('.');

interface Manifest {
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}
const manifestOf = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest;

describe('docs/dependencies.md', () => {
  const listed = dependencyTables(readFileSync('docs/dependencies.md', 'utf8'));
  const manifests = files.filter((file) => file === 'package.json' || file.endsWith('/package.json'));

  test('has a section for every package.json and for no other', () => {
    expect([...listed.keys()].sort()).toEqual([...manifests].sort());
  });

  test.each(manifests)('lists the dependencies of %s, each once and with a reason', (file) => {
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifestOf(file);
    const declared = Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
      ...peerDependencies,
    });
    const names = declared.filter(([, version]) => !version.startsWith('workspace:')).map(([name]) => name);
    const rows = listed.get(file) ?? [];
    expect(rows.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const { reason } of rows) expect(reason).not.toBe('');
  });
});

describe('links', () => {
  const pages = files.filter((file) => file.endsWith('.md'));

  test('are found on the page they are checked for', () => {
    expect(relativeLinks(readFileSync('README.md', 'utf8'))).toContain('ARCHITECTURE.md');
  });

  test.each(pages)('of %s lead to files and headings that exist', (page) => {
    const broken = relativeLinks(readFileSync(page, 'utf8')).filter((link) => {
      const [path = '', heading] = link.split('#', 2);
      const target = path === '' ? page : join(dirname(page), decodeURIComponent(path));
      if (!existsSync(target)) return true;
      return heading !== undefined && target.endsWith('.md') && !anchors(readFileSync(target, 'utf8')).has(heading);
    });
    expect(broken).toEqual([]);
  });
});

describe('commands', () => {
  const scripts = new Set(Object.keys(manifestOf('package.json').scripts ?? {}));
  const commandsOf = (page: string): string[] => scriptNames(readFileSync(page, 'utf8'));

  test('of the README start and test the product', () => {
    expect(commandsOf('README.md')).toEqual(expect.arrayContaining(['start', 'test']));
  });

  test.each(['README.md', 'CONTRIBUTING.md'])('that %s names are scripts of package.json', (page) => {
    expect(commandsOf(page).filter((name) => !scripts.has(name))).toEqual([]);
  });
});

/** Every file of the sources: what is installed, built or hidden is left out. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || ['node_modules', 'dist', 'generated'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

/** Headings that name a package.json, with the rows of the table below each. */
function dependencyTables(text: string): Map<string, { name: string; reason: string }[]> {
  const tables = new Map<string, { name: string; reason: string }[]>();
  for (const section of text.split(/^## /m).slice(1)) {
    const [heading = '', ...lines] = section.split('\n');
    const rows = lines.flatMap((line) => {
      const match = /^\| `([^`]+)` \|(.*)\|$/.exec(line);
      return match === null ? [] : [{ name: match[1] ?? '', reason: (match[2] ?? '').trim() }];
    });
    tables.set(heading.trim(), rows);
  }
  return tables;
}

/** Targets of links and images that are neither addresses nor inside code. */
function relativeLinks(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?:\s"[^"]*")?\)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(target));
}

/** The anchors a forge makes of the headings. */
function anchors(text: string): Set<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

/** Names of scripts that code spans and blocks run with npm, or with pnpm without `--filter`. */
function scriptNames(text: string): string[] {
  const code = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```|`([^`\n]+)`/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  return code.flatMap((snippet) =>
    [...snippet.matchAll(/(?:^|[;&|]\s*)(?:npm (?:run )?|pnpm (?:run )?)(?!install\b|--)([a-z][\w:-]*)/gm)].map(
      (match) => match[1] ?? '',
    ),
  );
}
