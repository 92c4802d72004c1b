/**
 * The path to go to after a login: one of our own, whatever the link said. Another origin, a scheme, `//host`, backslashes
 * and control characters all become the start page. Full URLs are accepted when they are ours, as Argo CD's links are.
 */
export function safeReturnPath(
  wanted: string | undefined,
  ours: { rootPath: string; urls: readonly string[] },
): string {
  const start = `${ours.rootPath}/`;
  if (wanted === undefined || wanted === '' || wanted.length > 2_048 || hasOddCharacter(wanted)) return start;
  const path = ours.urls.filter((url) => url !== '').reduce((rest, url) => withoutOrigin(rest, url), wanted);
  if (!path.startsWith('/') || path.startsWith('//')) return start;
  // Resolving shows what a browser makes of it.
  const resolved = new URL(path, 'http://self.invalid');
  if (resolved.origin !== 'http://self.invalid' || resolved.pathname.startsWith('//')) return start;
  return resolved.pathname.startsWith(start) || resolved.pathname === ours.rootPath
    ? `${resolved.pathname}${resolved.search}${resolved.hash}`
    : start;
}

function withoutOrigin(wanted: string, url: string): string {
  if (!URL.canParse(wanted) || !URL.canParse(url)) return wanted;
  const target = new URL(wanted);
  return target.origin === new URL(url).origin ? `${target.pathname}${target.search}${target.hash}` : wanted;
}

function hasOddCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x5c || code === 0x7f) return true;
  }
  return false;
}
