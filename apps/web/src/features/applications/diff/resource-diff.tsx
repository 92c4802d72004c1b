import { SegmentedControl } from '@mantine/core';
import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { IconEqual } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { CodeEditor, DiffEditor } from '../../../components/code/lazy-code.tsx';
import { KindIcon } from '../../../components/kind-icon.tsx';
import { PanelState } from '../../../components/panel.tsx';
import classes from './diff.module.css';
import { changeOf, type DiffEntry, fieldsOf } from './diff-entry.ts';
import { FieldsView } from './fields-view.tsx';

type Mode = 'fields' | 'unified' | 'split';

interface ResourceDiffProps {
  entry: DiffEntry;
  beforeLabel: string;
  afterLabel: string;
  /** Beside the name: warnings, links. */
  aside?: ReactNode;
  titled?: boolean;
}

/** One resource in two states: changed fields, or its YAML unified or side by side. */
export function ResourceDiff({ entry, beforeLabel, afterLabel, aside, titled = true }: ResourceDiffProps) {
  const [mode, setMode] = useLocalStorage<Mode>({ key: 'lockstep.diff-mode', defaultValue: 'fields' });
  const narrow = useMediaQuery('(max-width: 900px)');
  const change = changeOf(entry);
  const fields = useMemo(() => fieldsOf(entry), [entry]);
  const { ref } = entry;
  const name = `${ref.kind}/${ref.name}`;
  const shown: Mode = mode === 'split' && narrow ? 'unified' : mode;

  return (
    <div className={classes.view}>
      {(titled || change === 'changed') && (
        <div className={classes.viewHead}>
          <div className={classes.viewTitle}>
            {titled && (
              <>
                <KindIcon kind={ref.kind} />
                {ref.name}
                <span>
                  {ref.kind}
                  {ref.namespace && ` in ${ref.namespace}`}
                </span>
              </>
            )}
            {aside}
          </div>
          {change === 'changed' && (
            <SegmentedControl
              size="xs"
              aria-label="How to show the difference"
              value={shown}
              onChange={(value) => setMode(value as Mode)}
              data={[
                { value: 'fields', label: `Fields ${fields.length || ''}` },
                { value: 'unified', label: 'Unified' },
                ...(narrow ? [] : [{ value: 'split', label: 'Split' }]),
              ]}
            />
          )}
        </div>
      )}
      <div className={classes.viewBody}>
        {change === 'unchanged' ? (
          <PanelState icon={<IconEqual size={22} />} title="No difference" compact>
            {beforeLabel} and {afterLabel.toLowerCase()} are the same.
          </PanelState>
        ) : change === 'changed' ? (
          shown === 'fields' ? (
            <FieldsView changes={fields} beforeLabel={beforeLabel} afterLabel={afterLabel} />
          ) : (
            <DiffEditor
              before={entry.before ?? ''}
              after={entry.after ?? ''}
              sideBySide={shown === 'split'}
              label={name}
            />
          )
        ) : (
          <CodeEditor value={entry.after ?? entry.before ?? ''} label={`${name}, ${change}`} />
        )}
      </div>
    </div>
  );
}
