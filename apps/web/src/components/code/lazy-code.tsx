import { Skeleton } from '@mantine/core';
import { type ComponentProps, lazy, Suspense } from 'react';
import classes from './code.module.css';

const LazyEditor = lazy(() => import('./code-editor.tsx'));
const LazyDiff = lazy(() => import('./diff-editor.tsx'));

export function CodeEditor(props: ComponentProps<typeof LazyEditor>) {
  return (
    <Suspense fallback={<CodeLoading />}>
      <LazyEditor {...props} />
    </Suspense>
  );
}

export function DiffEditor(props: ComponentProps<typeof LazyDiff>) {
  return (
    <Suspense fallback={<CodeLoading />}>
      <LazyDiff {...props} />
    </Suspense>
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
