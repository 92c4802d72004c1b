import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import classes from './code.module.css';
import { applyTheme, editorOptions, monaco } from './monaco.ts';

interface DiffEditorProps {
  before: string;
  after: string;
  sideBySide: boolean;
  label: string;
}

/** One Monaco diff whose models are exchanged, never one per resource. Import it through `lazy-code.tsx`. */
export default function DiffEditor({ before, after, sideBySide, label }: DiffEditorProps) {
  const container = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneDiffEditor>(undefined);
  const scheme = useComputedColorScheme();

  useEffect(() => {
    if (!container.current) return undefined;
    const created = monaco.editor.createDiffEditor(container.current, {
      ...editorOptions,
      readOnly: true,
      domReadOnly: true,
      originalEditable: false,
      renderOverviewRuler: false,
      renderMarginRevertIcon: false,
      renderIndicators: true,
      useInlineViewWhenSpaceIsLimited: true,
      renderSideBySideInlineBreakpoint: 720,
      hideUnchangedRegions: { enabled: true, contextLineCount: 3, minimumLineCount: 5 },
      ignoreTrimWhitespace: false,
    });
    editor.current = created;
    return () => {
      const models = created.getModel();
      created.dispose();
      models?.original.dispose();
      models?.modified.dispose();
      editor.current = undefined;
    };
  }, []);

  useEffect(() => editor.current?.updateOptions({ renderSideBySide: sideBySide }), [sideBySide]);
  useEffect(() => {
    editor.current?.getOriginalEditor().updateOptions({ ariaLabel: `${label}, before` });
    editor.current?.getModifiedEditor().updateOptions({ ariaLabel: `${label}, after` });
  }, [label]);
  useEffect(() => {
    const current = editor.current;
    if (!current) return;
    const previous = current.getModel();
    current.setModel({
      original: monaco.editor.createModel(before, 'yaml'),
      modified: monaco.editor.createModel(after, 'yaml'),
    });
    previous?.original.dispose();
    previous?.modified.dispose();
  }, [before, after]);
  useEffect(() => applyTheme(scheme), [scheme]);

  return <div ref={container} className={classes.editor} />;
}
