import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useEffectEvent, useRef } from 'react';
import classes from './code.module.css';
import { applyTheme, editorOptions, monaco } from './monaco.ts';

interface CodeEditorProps {
  value: string;
  label: string;
  /** Without it the text can only be read. */
  onChange?: (value: string) => void;
}

/** YAML in Monaco. Import it through `lazy-code.tsx`. */
export default function CodeEditor({ value, label, onChange }: CodeEditorProps) {
  const container = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(undefined);
  const scheme = useComputedColorScheme();
  const changed = useEffectEvent((text: string) => onChange?.(text));
  const initial = useEffectEvent(() => ({ value, label, readOnly: onChange === undefined }));

  useEffect(() => {
    if (!container.current) return undefined;
    const start = initial();
    const created = monaco.editor.create(container.current, {
      ...editorOptions,
      value: start.value,
      language: 'yaml',
      readOnly: start.readOnly,
      domReadOnly: start.readOnly,
      ariaLabel: start.label,
      tabFocusMode: start.readOnly,
    });
    editor.current = created;
    const subscription = created.onDidChangeModelContent(() => changed(created.getValue()));
    return () => {
      subscription.dispose();
      created.getModel()?.dispose();
      created.dispose();
      editor.current = undefined;
    };
  }, []);

  useEffect(() => {
    if (editor.current && editor.current.getValue() !== value) editor.current.setValue(value);
  }, [value]);
  useEffect(() => applyTheme(scheme), [scheme]);

  return <div ref={container} className={classes.editor} />;
}
