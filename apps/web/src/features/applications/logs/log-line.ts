export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The level a line speaks of itself, in the usual formats: key=value, JSON, or a word at the start. */
export function levelOf(text: string): LogLevel | undefined {
  const head = text.slice(0, 400);
  const named =
    /(?:"?(?:level|severity|lvl)"?\s*[=:]\s*"?)(\w+)/i.exec(head)?.[1] ??
    /(?:^|[\s[|])(ERROR|ERR|FATAL|PANIC|CRITICAL|WARNING|WARN|INFO|DEBUG|TRACE)(?=[\s\]:|]|$)/.exec(
      stripAnsi(head).slice(0, 120),
    )?.[1];
  switch (named?.toLowerCase()) {
    case 'error':
    case 'err':
    case 'fatal':
    case 'panic':
    case 'critical':
      return 'error';
    case 'warn':
    case 'warning':
      return 'warn';
    case 'info':
      return 'info';
    case 'debug':
    case 'trace':
      return 'debug';
    default:
      return undefined;
  }
}

/** Text without terminal colours. */
export function stripAnsi(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours start with the control character itself
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');
}

/** `error -health /time(d)? out/`: words that must occur, words that must not, regular expressions between slashes. */
export function logMatcher(query: string): (text: string) => boolean {
  const tests = (query.match(/-?\/(?:[^/\\]|\\.)+\/|\S+/g) ?? []).map((word) => {
    const negated = word.startsWith('-') && word.length > 1;
    const body = negated ? word.slice(1) : word;
    const level = /^level:(\w+)$/.exec(body)?.[1];
    const test = level ? (text: string) => levelOf(text) === levelOf(`level=${level}`) : textTest(body);
    return (text: string) => test(text) !== negated;
  });
  return (text) => tests.every((test) => test(text));
}

function textTest(body: string): (text: string) => boolean {
  if (body.length > 2 && body.startsWith('/') && body.endsWith('/')) {
    try {
      const pattern = new RegExp(body.slice(1, -1), 'i');
      return (text) => pattern.test(text);
    } catch {
      // Half-typed expressions are searched for as they are.
    }
  }
  const wanted = body.toLowerCase();
  return (text) => text.toLowerCase().includes(wanted);
}
