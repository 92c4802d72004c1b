import { Skeleton } from '@mantine/core';
import { type ComponentProps, lazy, Suspense } from 'react';
import { PanelBoundary } from '../panel.tsx';
import classes from './code.module.css';

const LazyEditor = lazy(() => import('./code-editor.tsx'));
const LazyDiff = lazy(() => import('./diff-editor.tsx'));

export function CodeEditor(props: ComponentProps<typeof LazyEditor>) {
  return (
    <PanelBoundary what="the editor">
      <Suspense fallback={<CodeLoading />}>
        <LazyEditor {...props} />
      </Suspense>
    </PanelBoundary>
  );
}

export function DiffEditor(props: ComponentProps<typeof LazyDiff>) {
  return (
    <PanelBoundary what="the difference">
      <Suspense fallback={<CodeLoading />}>
        <LazyDiff {...props} />
      </Suspense>
    </PanelBoundary>
  );
}

export function CodeLoading() {
  return (
    <div className={classes.loading} role="status" aria-label="Loading">
      {[38, 54, 30, 62, 46, 51, 35, 58].map((width) => (
        <Skeleton key={width} height={10} width={`${width}%`} />
      ))}
    </div>
  );
}
