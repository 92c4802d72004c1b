import { Button } from '@mantine/core';
import { IconAlertTriangle, IconLock, IconPlugConnectedX } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';
import { ApiError, ConnectionError } from '../lib/api-client.ts';
import { CopyButton } from './copy-button.tsx';
import classes from './panel.module.css';

export function Panel({
  children,
  className = '',
  ...rest
}: {
  children: ReactNode;
  className?: string;
  'aria-label'?: string;
}) {
  return (
    <section className={`${classes['panel']} ${className}`} {...rest}>
      {children}
    </section>
  );
}

interface StateProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  bad?: boolean;
  compact?: boolean;
  meta?: ReactNode;
}

/** What a panel says when it has nothing to show: why, and what to do. */
export function PanelState({ icon, title, children, actions, bad = false, compact = false, meta }: StateProps) {
  return (
    <div className={`${classes['state']} ${compact ? classes['compact'] : ''}`} {...(bad && { role: 'alert' })}>
      <span className={`${classes['glyph']} ${bad ? classes['bad'] : ''}`}>{icon}</span>
      <h2 className={classes['title']}>{title}</h2>
      {children && <div className={classes['text']}>{children}</div>}
      {actions && <div className={classes['actions']}>{actions}</div>}
      {meta && <div className={classes['meta']}>{meta}</div>}
    </div>
  );
}

/** Any error, in words: what failed, why, what to do, and the id to give to whoever runs the server. */
export function ErrorState({
  error,
  what,
  retry,
  compact = false,
}: {
  error: unknown;
  what: string;
  retry?: () => void;
  compact?: boolean;
}) {
  const actions = retry && (
    <Button variant="default" onClick={retry}>
      Try again
    </Button>
  );
  if (error instanceof ApiError && error.denied)
    return (
      <PanelState
        icon={<IconLock size={22} />}
        title={`You may not see ${what}`}
        compact={compact}
        actions={actions}
        meta={requestMeta(error)}
      >
        {/* A bare refusal hides whether the thing exists. */}
        {error.message === 'permission denied' ? 'It does not exist, or you have no access to it.' : error.message}{' '}
        {error.fix ?? 'Check the name, or ask whoever manages access.'}
      </PanelState>
    );
  if (error instanceof ConnectionError)
    return (
      <PanelState
        icon={<IconPlugConnectedX size={22} />}
        title="The server did not answer"
        compact={compact}
        actions={actions}
        bad
      >
        Check the network connection. If other pages work, the server may be restarting.
      </PanelState>
    );
  const message = error instanceof Error ? error.message : String(error);
  return (
    <PanelState
      icon={<IconAlertTriangle size={22} />}
      title={`Could not load ${what}`}
      compact={compact}
      actions={actions}
      bad
      meta={error instanceof ApiError ? requestMeta(error) : undefined}
    >
      {message}
      {error instanceof ApiError && error.fix && <p>{error.fix}</p>}
    </PanelState>
  );
}

function requestMeta(error: ApiError): ReactNode {
  if (!error.requestId) return undefined;
  return (
    <>
      Request <code>{error.requestId}</code>
      <CopyButton value={`${error.status} ${error.message} (request ${error.requestId})`} label="Copy details" />
    </>
  );
}

/** Keeps a fault of one panel from taking the page with it. */
export class PanelBoundary extends Component<{ what: string; children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <ErrorState error={this.state.error} what={this.props.what} retry={() => this.setState({ error: undefined })} />
    );
  }
}
