import { queryOptions } from '@tanstack/react-query';
import { api, send } from '../../lib/api-client.ts';
import type { ServerVersion, Settings, UserInfo } from '../../lib/api-types.ts';

export const sessionQueries = {
  user: () =>
    queryOptions({
      queryKey: ['session', 'user'],
      queryFn: ({ signal }) => api.get<UserInfo>('api/v1/session/userinfo', undefined, signal),
      staleTime: 5 * 60_000,
    }),
  settings: () =>
    queryOptions({
      queryKey: ['settings'],
      queryFn: ({ signal }) => api.get<Settings>('api/v1/settings', undefined, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  version: () =>
    queryOptions({
      queryKey: ['version'],
      queryFn: ({ signal }) => api.get<ServerVersion>('api/version', undefined, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
};

/** @throws ApiError 401 for a wrong name or password */
export async function signIn(username: string, password: string): Promise<void> {
  await send('POST', 'api/v1/session', { body: { username, password }, anonymous: true });
}

export async function signOut(): Promise<void> {
  await send('DELETE', 'api/v1/session', { anonymous: true });
}
