import type { Container } from '../machinery/objects.ts';
import { parseDuration } from '../simulate.ts';

export interface CommandOutcome {
  /** Infinity for what serves until it is stopped. */
  runMs: number;
  exitCode: number;
  /** What it prints, and when after its start. */
  output: { afterMs: number; text: string }[];
  /** The program that is not in the image, when it cannot even start. */
  missingProgram?: string;
}

/** What an unknown program does: serves for ever, or does its work and ends. */
export type UnknownProgram = 'serves' | 'ends';

const shells = /(^|\/)(sh|bash|ash|dash)$/;
/** Programs that do one thing and end, wherever they run. */
const brief = new Set(
  '[ test : true echo printf date set trap cat ls mkdir rm cp mv chown chmod touch ln env export cd pwd id whoami hostname uname grep sed awk tr sort head wc cut tee expr seq wget curl nc nslookup dig ping kubectl psql pg_isready pg_dump mysqladmin redis-cli perl dd tar gzip openssl git apk apt-get pip npm yarn sync unset local read eval'.split(
    ' ',
  ),
);

/**
 * Guesses what a container's command would do, as far as it can be read: `sleep`, `exit N`, `true`, `false`, `echo`,
 * chains of `;`, `&&` and `||`, `if` (its body is taken as not run), endless loops, and programs known to end.
 */
export function commandOutcome(
  container: Pick<Container, 'command' | 'args' | 'env'>,
  unknown: UnknownProgram,
): CommandOutcome {
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const [program = ''] = words;
  const variables = new Map((container.env ?? []).map(({ name, value }) => [name, value ?? '']));
  if (words.length === 0) return unknown === 'serves' ? serving([]) : { runMs: 0, exitCode: 0, output: [] };
  if (shells.test(program)) {
    const flag = words.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word));
    const script =
      flag > 0
        ? (words[flag + 1] ?? '')
        : words
            .slice(1)
            .filter((word) => !word.startsWith('-'))
            .join(' ');
    const stopsOnError = flag > 0 && /e/.test(words[flag] ?? '');
    return runScript(script, { variables, unknown, stopsOnError });
  }
  if (/^fail/.test(program)) return { runMs: 0, exitCode: 128, output: [], missingProgram: program };
  if (container.command === undefined)
    return unknown === 'serves' ? serving([]) : { runMs: 0, exitCode: 0, output: [] };
  return runScript(words.map(quoteWord).join(' '), { variables, unknown, stopsOnError: false });
}

function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", '"')}'`;
}

function serving(output: CommandOutcome['output']): CommandOutcome {
  return { runMs: Number.POSITIVE_INFINITY, exitCode: 0, output };
}

interface ScriptOptions {
  variables: Map<string, string>;
  unknown: UnknownProgram;
  stopsOnError: boolean;
}

function runScript(script: string, options: ScriptOptions): CommandOutcome {
  const output: CommandOutcome['output'] = [];
  let { stopsOnError } = options;
  let runMs = 0;
  let code = 0;
  let skipUntil: string | undefined;
  for (const { text, operator } of splitScript(script)) {
    const [word = '', ...rest] = wordsOf(text, options.variables);
    if (skipUntil !== undefined) {
      if (word === skipUntil) skipUntil = undefined;
      continue;
    }
    if ((operator === '&&' && code !== 0) || (operator === '||' && code === 0)) continue;
    switch (word) {
      case 'exit':
        return { runMs, exitCode: Number(rest[0] ?? code) || 0, output };
      case 'sleep': {
        const wait =
          rest[0] === 'infinity' || rest[0] === 'inf' ? Number.POSITIVE_INFINITY : parseDuration(rest[0] ?? '0');
        runMs += wait ?? 0;
        if (runMs === Number.POSITIVE_INFINITY) return serving(output);
        code = 0;
        continue;
      }
      case 'echo':
      case 'printf':
        output.push({
          afterMs: runMs,
          text: rest
            .filter((part) => !/^-[neE]+$/.test(part))
            .join(' ')
            .replaceAll('\\n', ' ')
            .trim(),
        });
        code = 0;
        continue;
      case 'set':
        if (rest.some((flag) => /^-[a-z]*e/.test(flag))) stopsOnError = true;
        continue;
      case 'false':
        code = 1;
        break;
      case 'while':
      case 'until':
        if (/^while (true|:|\[ 1 \])/.test(text))
          return serving([...output, ...loopOutput(script, options.variables, runMs)]);
        skipUntil = 'done';
        continue;
      case 'for':
        skipUntil = 'done';
        continue;
      case 'if':
        skipUntil = 'fi';
        continue;
      case 'case':
        skipUntil = 'esac';
        continue;
      case 'tail':
        if (rest.some((flag) => /^-[a-zA-Z]*[fF]/.test(flag))) return serving(output);
        code = 0;
        continue;
      case 'exec':
        if (options.unknown === 'serves') return serving(output);
        continue;
      default:
        if (word === '' || /^[A-Za-z_][A-Za-z0-9_]*=/.test(word)) continue;
        if (!brief.has(word.replace(/^.*\//, '')) && options.unknown === 'serves') return serving(output);
        code = 0;
        continue;
    }
    if (stopsOnError && code !== 0) return { runMs, exitCode: code, output };
  }
  return { runMs, exitCode: code, output };
}

/** What an endless loop prints, for its first rounds. */
function loopOutput(script: string, variables: Map<string, string>, startMs: number): CommandOutcome['output'] {
  const body = /\bdo\b([\s\S]*)\bdone\b/.exec(script)?.[1] ?? '';
  const lines: string[] = [];
  let periodMs = 0;
  for (const { text } of splitScript(body)) {
    const [word = '', ...rest] = wordsOf(text, variables);
    if (word === 'echo') lines.push(rest.join(' '));
    if (word === 'sleep') periodMs += parseDuration(rest[0] ?? '0') ?? 0;
  }
  if (lines.length === 0 || periodMs === 0) return lines.map((text) => ({ afterMs: startMs, text }));
  return Array.from({ length: 100 }, (_, round) =>
    lines.map((text) => ({ afterMs: startMs + round * periodMs, text })),
  ).flat();
}

/** Splits at `;`, `&&`, `||` and line ends that are not quoted; `then`, `do` and `else` open a command of their own. */
function splitScript(script: string): { text: string; operator: ';' | '&&' | '||' }[] {
  const commands: { text: string; operator: ';' | '&&' | '||' }[] = [];
  let text = '';
  let operator: ';' | '&&' | '||' = ';';
  let quote = '';
  const push = (next: ';' | '&&' | '||') => {
    const trimmed = text.trim().replace(/^(then|do|else|elif|\{|\()\s+/, '');
    if (trimmed !== '' && !trimmed.startsWith('#')) commands.push({ text: trimmed, operator });
    text = '';
    operator = next;
  };
  for (let index = 0; index < script.length; index += 1) {
    const character = script[index] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
      text += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      text += character;
    } else if (character === ';' || character === '\n') push(';');
    else if (character === '&' && script[index + 1] === '&') {
      push('&&');
      index += 1;
    } else if (character === '|' && script[index + 1] === '|') {
      push('||');
      index += 1;
    } else text += character;
  }
  push(';');
  return commands;
}

/** The words of a command without its quotes, literal variables filled in; what follows a redirection or pipe is left out. */
function wordsOf(text: string, variables: Map<string, string>): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+)/g)) {
    const [, double, single, bare] = match;
    if (bare !== undefined && /^(\d?>|<|\|$)/.test(bare)) break;
    words.push(single ?? fill(double ?? bare ?? '', variables));
  }
  return words;
}

function fill(text: string, variables: Map<string, string>): string {
  return text.replace(/\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?/g, (whole, name: string) => variables.get(name) ?? whole);
}
