import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Application, ResourceAction } from '../../../lib/api-types.ts';
import { renderWithProviders, stubServer } from '../../../testing/render.tsx';
import { ActionDialog } from './action-dialog.tsx';

const path = 'POST api/v1/applications/shop/resource/actions/v2';
let server: ReturnType<typeof stubServer> | undefined;
afterEach(() => server?.restore());

function open(action: Partial<ResourceAction>, selfHeal = false) {
  const onClose = vi.fn();
  const app = {
    metadata: { name: 'shop', namespace: 'argocd' },
    spec: { project: 'default', destination: {}, syncPolicy: { automated: { selfHeal } } },
  } as unknown as Application;
  renderWithProviders(
    <ActionDialog
      applicationKey={{ namespace: 'argocd', name: 'shop' }}
      app={app}
      resource={{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'web', name: 'api' }}
      isManaged
      action={{ name: 'scale', displayName: '', iconClass: '', disabled: false, params: [], ...action }}
      onClose={onClose}
    />,
  );
  return onClose;
}

it('asks for what the action needs, starts with what it proposes, and sends what was typed', async () => {
  const sent: unknown[] = [];
  server = stubServer({ [path]: (body) => sent.push(body) && {} });
  const onClose = open({ params: [{ name: 'replicas', value: '3', default: '3' }] });
  const field = screen.getByLabelText<HTMLInputElement>('Replicas');
  expect(field.value).toBe('3');
  fireEvent.change(field, { target: { value: '5' } });
  fireEvent.click(screen.getByRole('button', { name: 'Scale' }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(sent).toEqual([
    expect.objectContaining({
      kind: 'Deployment',
      resourceName: 'api',
      action: 'scale',
      resourceActionParameters: [{ name: 'replicas', value: '5' }],
    }),
  ]);
});

it('stays and says why when the server refuses', async () => {
  server = stubServer({
    [path]: () => Response.json({ message: 'discovery.lua for apps/Deployment: boom' }, { status: 400 }),
  });
  const onClose = open({ name: 'drain', displayName: 'Drain it' });
  fireEvent.click(screen.getByRole('button', { name: 'Drain it' }));
  expect((await screen.findByRole('alert')).textContent).toContain('discovery.lua for apps/Deployment: boom');
  expect(onClose).not.toHaveBeenCalled();
});

it('says that self-heal puts back what Git sets', () => {
  server = stubServer({});
  open({ name: 'pause' }, true);
  expect(screen.getByText(/Self-heal is on/)).toBeTruthy();
});
