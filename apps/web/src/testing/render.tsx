import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type RenderResult, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { theme } from '../styles/theme.ts';

/** Renders with what every component expects above it, without transitions and without retries. */
export function renderWithProviders(children: ReactNode): RenderResult & { queryClient: QueryClient } {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const result = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </MantineProvider>,
  );
  return Object.assign(result, { queryClient });
}

/** Answers requests by method and path; anything else is a 404, so a test notices what it did not foresee. */
export function stubServer(answers: Record<string, (body: unknown, query: URLSearchParams) => unknown>): {
  calls: string[];
  restore: () => void;
} {
  const original = globalThis.fetch;
  const calls: string[] = [];
  globalThis.fetch = async (input, init) => {
    const url = new URL(String(input), 'http://localhost');
    const call = `${init?.method ?? 'GET'} ${url.pathname.replace(/^\//, '')}`;
    calls.push(call);
    const answer = answers[call];
    if (!answer) return Response.json({ message: `no answer for ${call}` }, { status: 404 });
    const body = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    const result = answer(body, url.searchParams);
    return result instanceof Response ? result : Response.json(result);
  };
  return {
    calls,
    restore: () => {
      globalThis.fetch = original;
    },
  };
}
