/**
 * Whether `text` matches a shell pattern with `*`, `?` and `[…]`, as Go's `path.Match` for texts without slashes. A
 * malformed pattern matches only itself. Linear in the text for each star, so that no pattern is expensive.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  if (pattern === '*' || pattern === text) return true;
  if (!/[*?[\\]/.test(pattern)) return false;
  const tokens = tokenize(pattern);
  if (tokens === undefined) return false;

  let token = 0;
  let at = 0;
  let lastStar = -1;
  let starAt = 0;
  while (at < text.length) {
    const current = tokens[token];
    if (current === 'star') {
      lastStar = token++;
      starAt = at;
    } else if (current?.(text[at] as string) === true) {
      token++;
      at++;
    } else if (lastStar >= 0) {
      // Let the last star swallow one character more; earlier stars never need to be tried again.
      token = lastStar + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token] === 'star') token++;
  return token === tokens.length;
}

type Token = 'star' | ((character: string) => boolean);

function tokenize(pattern: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (character === '*') tokens.push('star');
    else if (character === '?') tokens.push(() => true);
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) return undefined;
      tokens.push(characterClass(pattern.slice(at + 1, end)));
      at = end;
    } else {
      const literal = character === '\\' ? pattern[++at] : character;
      if (literal === undefined) return undefined;
      tokens.push((candidate) => candidate === literal);
    }
  }
  return tokens;
}

function characterClass(body: string): (character: string) => boolean {
  const negated = body.startsWith('^') || body.startsWith('!');
  const members = negated ? body.slice(1) : body;
  return (character) => {
    let found = false;
    for (let at = 0; at < members.length; at++) {
      const from = members[at] as string;
      const to = members[at + 1] === '-' ? members[at + 2] : undefined;
      if (to === undefined) found ||= from === character;
      else {
        found ||= from <= character && character <= to;
        at += 2;
      }
    }
    return found !== negated;
  };
}
