import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { Application } from '../../../lib/api-types.ts';
import { renderWithProviders, stubServer } from '../../../testing/render.tsx';
import { ConfirmBanner } from './confirm-banner.tsx';

let server: ReturnType<typeof stubServer> | undefined;
afterEach(() => server?.restore());

function show(app: Partial<Application>) {
  renderWithProviders(
    <ConfirmBanner
      applicationKey={{ namespace: 'argocd', name: 'shop' }}
      app={
        {
          metadata: { name: 'shop', namespace: 'argocd' },
          spec: { project: 'default', destination: {} },
          ...app,
        } as Application
      }
    />,
  );
}
const waiting: Application['status'] = {
  operationState: {
    operation: {},
    phase: 'Running',
    // In the future for this machine: a server whose clock is ahead.
    startedAt: '2126-01-01T00:00:00.000Z',
    message: 'waiting for pruning confirmation of /ConfigMap/a, apps/Deployment/b',
  },
};

it('names what goes and approves it, not before the operation began', async () => {
  const sent: { patchType: string; patch: string }[] = [];
  server = stubServer({
    'PATCH api/v1/applications/shop': (body) => sent.push(body as { patchType: string; patch: string }) && {},
  });
  show({ status: waiting });
  fireEvent.click(screen.getByRole('button', { name: 'Confirm…' }));
  expect((await screen.findAllByRole('listitem')).map((item) => item.textContent)).toEqual([
    'ConfigMap/a',
    'apps/Deployment/b',
  ]);
  fireEvent.click(screen.getByRole('button', { name: 'Prune' }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.patchType).toBe('merge');
  expect(JSON.parse(sent[0]?.patch ?? '')).toEqual({
    metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': '2126-01-01T00:00:00.000Z' } },
  });
});

it('says why the server refused', async () => {
  server = stubServer({
    'PATCH api/v1/applications/shop': () =>
      Response.json({ message: 'permission denied', fix: 'Ask for applications/update' }, { status: 403 }),
  });
  show({ status: waiting });
  fireEvent.click(screen.getByRole('button', { name: 'Confirm…' }));
  fireEvent.click(await screen.findByRole('button', { name: 'Prune' }));
  expect((await screen.findByRole('alert')).textContent).toContain('permission denied. Ask for applications/update');
});

it('shows nothing when nothing waits', () => {
  show({ status: { health: { status: 'Healthy' } } });
  expect(screen.queryByRole('button')).toBeNull();
});
