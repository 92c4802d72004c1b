import { MantineProvider } from '@mantine/core';
import { notificationsStore } from '@mantine/notifications';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { StreamContext } from '../hooks/use-stream.ts';
import type { LiveStream } from '../lib/stream.ts';
import { theme } from '../styles/theme.ts';

const Notices = lazy(() => import('./notices.tsx'));

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

export function Providers({
  queryClient,
  stream,
  children,
}: {
  queryClient: QueryClient;
  stream: LiveStream;
  children: ReactNode;
}) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queryClient}>
        <StreamContext value={stream}>
          {children}
          <NoticesWhenNeeded />
        </StreamContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Most visits see no notice: what shows them loads with the first one. */
function NoticesWhenNeeded() {
  const [needed, setNeeded] = useState(false);
  useEffect(() => notificationsStore.subscribe(() => setNeeded(true)), []);
  return <Suspense>{needed && <Notices />}</Suspense>;
}
