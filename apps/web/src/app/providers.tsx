import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { StreamContext } from '../hooks/use-stream.ts';
import type { LiveStream } from '../lib/stream.ts';
import { theme } from '../styles/theme.ts';

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
          <Notifications position="bottom-right" containerWidth={360} />
        </StreamContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
