import { StatusBadge } from './status-icon.tsx';

interface ConnectionState {
  status?: string;
  message?: string;
  attemptedAt?: string | null;
}

/** Whether a cluster or repository answered when it was asked last. */
export function ConnectionStatus({ state }: { state: ConnectionState | undefined }) {
  if (state?.status === 'Successful') return <StatusBadge tone="healthy">Connected</StatusBadge>;
  if (state?.status === 'Failed') return <StatusBadge tone="degraded">Failed</StatusBadge>;
  return <StatusBadge tone="unknown">Not tried</StatusBadge>;
}
