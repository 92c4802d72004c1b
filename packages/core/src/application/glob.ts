/**
 * Glob matching as github.com/gobwas/glob does it, which Argo CD uses for projects, RBAC and directories
 * (groups and kinds use `matchesGlob` of kubernetes/glob.ts instead): `*` stops at a
 * separator, `**` does not, `?` is one character that is no separator, `[a-z]` and `[!a-z]` are classes, `{a,b}` are
 * alternatives and `\` takes the next character as it is.
 *
 * A pattern becomes a small non-deterministic automaton that is run over the text with a set of states. The time is
 * length of pattern times length of text, whatever the pattern: patterns come from users.
 */
export function globMatch(pattern: string, text: string, options: { separators?: string } = {}): boolean {
  const separators = options.separators ?? '';
  // The common patterns need no automaton.
  if (pattern === text || (pattern === '*' && separators === '')) return true;
  return run(program(pattern, separators), text);
}

/**
 * An entry of a namespace list: a glob, or a regular expression between slashes. An expression that cannot be compiled
 * matches nothing.
 */
export function globOrRegexMatch(pattern: string, text: string): boolean {
  if (pattern.length > 1 && pattern.startsWith('/') && pattern.endsWith('/')) {
    const source = pattern.slice(1, -1);
    // Only settings of the administrator come here; the text is a namespace of at most 63 characters.
    try {
      return new RegExp(source).test(text);
    } catch {
      return false;
    }
  }
  return globMatch(pattern, text);
}

type Instruction =
  | { kind: 'character'; accepts: (character: string) => boolean; next: number }
  | { kind: 'split'; targets: number[] }
  | { kind: 'match' };

const programs = new Map<string, Instruction[]>();
/** Patterns come from settings and projects, so there are few; the limit only bounds a pathological configuration. */
const MAX_PROGRAMS = 10_000;

function program(pattern: string, separators: string): Instruction[] {
  const key = `${separators}\0${pattern}`;
  const known = programs.get(key);
  if (known !== undefined) return known;
  if (programs.size >= MAX_PROGRAMS) programs.clear();
  const compiled = compile(pattern, separators);
  programs.set(key, compiled);
  return compiled;
}

function compile(pattern: string, separators: string): Instruction[] {
  const instructions: Instruction[] = [];
  const characters = [...pattern];
  let position = 0;

  const isSeparator = (character: string) => separators.includes(character);
  const add = (instruction: Instruction) => instructions.push(instruction) - 1;
  const accept = (accepts: (character: string) => boolean) =>
    add({ kind: 'character', accepts, next: instructions.length + 1 });
  const loop = (accepts: (character: string) => boolean) => {
    const split = add({ kind: 'split', targets: [instructions.length + 1, instructions.length + 2] });
    add({ kind: 'character', accepts, next: split });
  };

  /** Reads until the end, or in a group until `,` or `}`, which it leaves unread. */
  const sequence = (inGroup: boolean): void => {
    while (position < characters.length) {
      const character = characters[position] as string;
      if (inGroup && (character === ',' || character === '}')) return;
      position += 1;
      if (character === '*') {
        let stars = 1;
        while (characters[position] === '*') {
          stars += 1;
          position += 1;
        }
        loop(stars > 1 ? () => true : (candidate) => !isSeparator(candidate));
      } else if (character === '?') accept((candidate) => !isSeparator(candidate));
      else if (character === '[') accept(characterClass());
      else if (character === '{') group();
      else {
        const literal =
          character === '\\' && position < characters.length ? (characters[position++] as string) : character;
        accept((candidate) => candidate === literal);
      }
    }
  };

  const group = (): void => {
    const targets: number[] = [];
    const ends: { kind: 'split'; targets: number[] }[] = [];
    add({ kind: 'split', targets });
    for (;;) {
      targets.push(instructions.length);
      sequence(true);
      const end: { kind: 'split'; targets: number[] } = { kind: 'split', targets: [] };
      add(end);
      ends.push(end);
      const closing = characters[position];
      position += 1;
      if (closing !== ',') break;
    }
    for (const end of ends) end.targets.push(instructions.length);
  };

  const characterClass = (): ((candidate: string) => boolean) => {
    const negated = characters[position] === '!';
    if (negated) position += 1;
    const ranges: [string, string][] = [];
    while (position < characters.length && (characters[position] !== ']' || ranges.length === 0)) {
      let low = characters[position++] as string;
      if (low === '\\' && position < characters.length) low = characters[position++] as string;
      if (characters[position] === '-' && position + 1 < characters.length && characters[position + 1] !== ']') {
        position += 1;
        let high = characters[position++] as string;
        if (high === '\\' && position < characters.length) high = characters[position++] as string;
        ranges.push([low, high]);
      } else ranges.push([low, low]);
    }
    position += 1;
    return (candidate) => ranges.some(([low, high]) => candidate >= low && candidate <= high) !== negated;
  };

  sequence(false);
  add({ kind: 'match' });
  return instructions;
}

function run(instructions: Instruction[], text: string): boolean {
  let current = new Set<number>();
  follow(instructions, 0, current);
  for (const character of text) {
    const next = new Set<number>();
    for (const index of current) {
      const instruction = instructions[index];
      if (instruction?.kind === 'character' && instruction.accepts(character))
        follow(instructions, instruction.next, next);
    }
    if (next.size === 0) return false;
    current = next;
  }
  for (const index of current) if (instructions[index]?.kind === 'match') return true;
  return false;
}

/** Adds what can be reached from `start` without reading a character. */
function follow(instructions: Instruction[], start: number, states: Set<number>): void {
  const pending = [start];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (states.has(index)) continue;
    states.add(index);
    const instruction = instructions[index];
    if (instruction?.kind === 'split') pending.push(...instruction.targets);
  }
}
