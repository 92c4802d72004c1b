import { Fragment } from 'react';
import type { FieldChange } from '../../../lib/field-diff.ts';
import { toYaml } from '../../../lib/yaml.ts';
import classes from './diff.module.css';

/** The changed fields as rows: which, from what, to what. */
export function FieldsView({
  changes,
  beforeLabel,
  afterLabel,
}: {
  changes: FieldChange[];
  beforeLabel: string;
  afterLabel: string;
}) {
  return (
    <table className={classes.fields}>
      <thead>
        <tr>
          <th style={{ width: '38%' }}>Field</th>
          <th>{beforeLabel}</th>
          <th>{afterLabel}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.path}>
            <td>
              <FieldPath path={change.path} />
            </td>
            <td>
              {change.change === 'added' ? (
                <span className={classes.none}>not set</span>
              ) : (
                <del className={classes.value}>{show(change.before)}</del>
              )}
            </td>
            <td>
              {change.change === 'removed' ? (
                <span className={classes.none}>not set</span>
              ) : (
                <ins className={classes.value}>{show(change.after)}</ins>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The last part is what changed; the rest says where. Lines break only between parts. */
function FieldPath({ path }: { path: string }) {
  const parts = path.match(/\["[^"]*"\]|\[[^\]]*\]|\.?[^.[]+/g) ?? [path];
  return (
    <span className={classes.path}>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one path never move
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {index === parts.length - 1 ? <b>{part}</b> : part}
        </Fragment>
      ))}
    </span>
  );
}

function show(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value;
  return typeof value === 'object' && value !== null ? toYaml(value).trimEnd() : String(value);
}
