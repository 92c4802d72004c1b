import { Skeleton } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import classes from './page.module.css';
import { ErrorState, Panel } from './panel.tsx';

interface PageProps {
  title: string;
  count?: number | undefined;
  lead?: ReactNode;
  children: ReactNode;
}

/** The frame of a page that is one column: title, what it is about, content. */
export function Page({ title, count, lead, children }: PageProps) {
  useDocumentTitle(`${title} · Lockstep`);
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>{title}</h1>
        {count !== undefined && <span className={classes.count}>{count}</span>}
      </div>
      {lead && <p className={classes.lead}>{lead}</p>}
      {children}
    </div>
  );
}

interface QueryPanelProps<T> {
  query: { data: T | undefined; error: unknown; refetch: () => unknown };
  what: string;
  children: (data: T) => ReactNode;
}

/** Loading, error and content of one query, in one panel. */
export function QueryPanel<T>({ query, what, children }: QueryPanelProps<T>) {
  if (query.data !== undefined) return <Panel>{children(query.data)}</Panel>;
  if (query.error)
    return (
      <Panel>
        <ErrorState error={query.error} what={what} retry={() => void query.refetch()} />
      </Panel>
    );
  return (
    <Panel>
      <div className={classes.section} role="status" aria-label={`Loading ${what}`}>
        {[44, 62, 51, 58].map((width) => (
          <Skeleton key={width} height={14} width={`${width}%`} my={14} />
        ))}
      </div>
    </Panel>
  );
}

export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children || <span className={classes.dim}>none</span>}</dd>
    </>
  );
}

export function Tags({ values }: { values: readonly string[] | undefined }) {
  if (!values || values.length === 0) return <span className={classes.dim}>none</span>;
  return values.map((value) => (
    <span key={value} className={classes.tag}>
      {value}
    </span>
  ));
}
