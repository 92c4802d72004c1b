/**
 * Globs as Argo CD's policies use them: there is no separator, so `*` (and `**`) crosses `/`. Also `?`, `[abc]`, `[!a-z]`,
 * `{one,two*}` and `\` to escape. Matching is linear in the length of the text for any pattern: a pattern is a small
 * automaton whose states advance together, so `*a*a*a*a*c` cannot blow up.
 */
export type Matcher = (text: string) => boolean;

/** Thrown for a pattern that cannot be read; `message` says why. */
export class PatternError extends Error {}

/** Compiles a glob. Throws `PatternError` when a bracket or brace is not closed or a range is reversed. */
export function compileGlob(pattern: string): Matcher {
  if (pattern === '*' || pattern === '**') return () => true;
  if (!/[*?[\]{}\\]/.test(pattern)) return (text) => text === pattern;
  if (!/[?[\]{}\\]/.test(pattern)) return segmentMatcher(pattern.split(/\*+/));
  return automatonMatcher(parseGlob(pattern));
}

/** Literal pieces between stars, found left to right: the common shape, without an automaton. */
function segmentMatcher(segments: string[]): Matcher {
  const first = segments[0] ?? '';
  const last = segments[segments.length - 1] ?? '';
  const middle = segments.slice(1, -1);
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let position = first.length;
    for (const segment of middle) {
      const found = text.indexOf(segment, position);
      if (found < 0 || found + segment.length > end) return false;
      position = found + segment.length;
    }
    return true;
  };
}

type GlobNode =
  | { type: 'literal'; character: string }
  | { type: 'any' }
  | { type: 'star' }
  | { type: 'class'; negated: boolean; ranges: [string, string][] }
  | { type: 'alternatives'; options: GlobNode[][] };

function parseGlob(pattern: string): GlobNode[] {
  const characters = [...pattern];
  let position = 0;

  const sequence = (insideBraces: boolean): GlobNode[] => {
    const nodes: GlobNode[] = [];
    while (position < characters.length) {
      const character = characters[position] as string;
      if (insideBraces && (character === ',' || character === '}')) return nodes;
      position += 1;
      switch (character) {
        case '*':
          if (nodes.at(-1)?.type !== 'star') nodes.push({ type: 'star' });
          break;
        case '?':
          nodes.push({ type: 'any' });
          break;
        case '[':
          nodes.push(characterClass());
          break;
        case '{':
          nodes.push(alternatives());
          break;
        case '\\':
          if (position >= characters.length) throw new PatternError('a lone "\\" at the end');
          nodes.push({ type: 'literal', character: characters[position++] as string });
          break;
        default:
          nodes.push({ type: 'literal', character });
      }
    }
    if (insideBraces) throw new PatternError('"{" without "}"');
    return nodes;
  };

  const alternatives = (): GlobNode => {
    const options = [sequence(true)];
    while (characters[position] === ',') {
      position += 1;
      options.push(sequence(true));
    }
    position += 1;
    return { type: 'alternatives', options };
  };

  const characterClass = (): GlobNode => {
    const negated = characters[position] === '!';
    if (negated) position += 1;
    const ranges: [string, string][] = [];
    while (position < characters.length && characters[position] !== ']') {
      if (characters[position] === '\\') position += 1;
      const low = characters[position++];
      if (low === undefined) break;
      if (characters[position] === '-' && characters[position + 1] !== undefined && characters[position + 1] !== ']') {
        const high = characters[position + 1] as string;
        if (high < low) throw new PatternError(`the range "${low}-${high}" is reversed`);
        ranges.push([low, high]);
        position += 2;
      } else {
        ranges.push([low, low]);
      }
    }
    if (characters[position] !== ']') throw new PatternError('"[" without "]"');
    if (ranges.length === 0) throw new PatternError('an empty "[]"');
    position += 1;
    return { type: 'class', negated, ranges };
  };

  return sequence(false);
}

type Instruction =
  | { type: 'test'; test: (character: string) => boolean }
  | { type: 'split'; targets: number[] }
  | { type: 'match' };

function automatonMatcher(nodes: GlobNode[]): Matcher {
  const program: Instruction[] = [];
  emit(nodes, program);
  program.push({ type: 'match' });

  const enter = (state: number, states: Set<number>): void => {
    if (states.has(state)) return;
    states.add(state);
    const instruction = program[state];
    if (instruction?.type === 'split') for (const target of instruction.targets) enter(target, states);
  };

  return (text) => {
    let states = new Set<number>();
    enter(0, states);
    for (const character of text) {
      const next = new Set<number>();
      for (const state of states) {
        const instruction = program[state];
        if (instruction?.type === 'test' && instruction.test(character)) enter(state + 1, next);
      }
      if (next.size === 0) return false;
      states = next;
    }
    return states.has(program.length - 1);
  };
}

function emit(nodes: GlobNode[], program: Instruction[]): void {
  for (const node of nodes) {
    switch (node.type) {
      case 'literal':
        program.push({ type: 'test', test: (character) => character === node.character });
        break;
      case 'any':
        program.push({ type: 'test', test: () => true });
        break;
      case 'class':
        program.push({
          type: 'test',
          test: (character) =>
            node.ranges.some(([low, high]) => low <= character && character <= high) !== node.negated,
        });
        break;
      case 'star': {
        const loop = program.length;
        program.push({ type: 'split', targets: [loop + 1, loop + 3] });
        program.push({ type: 'test', test: () => true });
        program.push({ type: 'split', targets: [loop] });
        break;
      }
      case 'alternatives': {
        const fork: Instruction & { type: 'split' } = { type: 'split', targets: [] };
        program.push(fork);
        const exits: (Instruction & { type: 'split' })[] = [];
        for (const option of node.options) {
          fork.targets.push(program.length);
          emit(option, program);
          const exit: Instruction & { type: 'split' } = { type: 'split', targets: [] };
          program.push(exit);
          exits.push(exit);
        }
        for (const exit of exits) exit.targets.push(program.length);
        break;
      }
    }
  }
}
