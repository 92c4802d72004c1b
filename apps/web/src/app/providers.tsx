import { MantineProvider } from '@mantine/core';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
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
          <Suspense>
            <Notices />
          </Suspense>
        </StreamContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
