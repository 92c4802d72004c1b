import type { PlanAction } from '../../../lib/api-types.ts';
import classes from './diff.module.css';
import type { DiffChange } from './diff-entry.ts';

const marks: Record<DiffChange | PlanAction, { glyph: string; word: string }> = {
  added: { glyph: '+', word: 'added' },
  create: { glyph: '+', word: 'create' },
  removed: { glyph: '−', word: 'removed' },
  prune: { glyph: '−', word: 'prune' },
  changed: { glyph: '~', word: 'changed' },
  update: { glyph: '~', word: 'update' },
  replace: { glyph: '~', word: 'replace' },
  recreate: { glyph: '↻', word: 'recreate' },
  hook: { glyph: '▸', word: 'hook' },
  unchanged: { glyph: '=', word: 'unchanged' },
};

export function ChangeMark({ change }: { change: DiffChange | PlanAction }) {
  const { glyph, word } = marks[change];
  return (
    <span className={classes.mark} data-change={change} role="img" aria-label={word} title={word}>
      {glyph}
    </span>
  );
}
