import { RE2JS } from 're2js';
import { compileGlob, type Matcher, PatternError } from './glob.ts';

/** `policy.matchMode` of `argocd-rbac-cm`. */
export type MatchMode = 'glob' | 'regex';

/**
 * Compiles one field of a policy line. Regular expressions are RE2 (linear, as in Go) and, as in Argo CD, match anywhere
 * in the text unless anchored. Throws `PatternError`.
 */
export function compilePattern(pattern: string, mode: MatchMode): Matcher {
  switch (mode) {
    case 'glob':
      return compileGlob(pattern);
    case 'regex': {
      const expression = compileExpression(pattern);
      return (text) => expression.matcher(text).find();
    }
  }
}

/** The same matches as the glob, as a regular expression: built-in lines are globs whatever `policy.matchMode` says. */
export function globAsRegex(glob: string): string {
  return `^${glob.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*')}$`;
}

function compileExpression(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error));
  }
}
