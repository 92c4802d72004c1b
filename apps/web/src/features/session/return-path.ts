/** Where to go after signing in: a path of this product, never another site (`//evil.example`, `https:…`). */
export function safeReturnPath(wanted: string | undefined): string {
  if (!wanted?.startsWith('/') || wanted.startsWith('//') || wanted.includes('\\')) return '/';
  return /^\/login(\?|$|\/)/.test(wanted) ? '/' : wanted;
}
