import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-client.ts';

/** Answers stay fresh for a while because the stream patches them; only trouble of the network or the server is retried. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
      mutations: { retry: false },
    },
  });
}
