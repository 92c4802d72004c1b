import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { ApiError, ConnectionError } from '../lib/api-client.ts';
import { renderWithProviders } from '../testing/render.tsx';
import { ErrorState } from './panel.tsx';

it('tells a denied thing from a broken one, and says what to do', () => {
  renderWithProviders(
    <ErrorState
      error={new ApiError(403, { message: 'permission denied: projects, get', fix: 'Ask for role:readonly.' })}
      what="the projects"
    />,
  );
  expect(screen.getByRole('heading').textContent).toBe('You may not see the projects');
  expect(screen.getByText(/Ask for role:readonly\./)).toBeTruthy();
});

it('shows the request id of a server error and tries again on request', async () => {
  const retry = vi.fn();
  renderWithProviders(
    <ErrorState
      error={new ApiError(500, { message: 'internal error', requestId: 'req-7' })}
      what="the tree"
      retry={retry}
    />,
  );
  expect(screen.getByText('req-7')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledOnce();
});

it('says so when there was no answer at all', () => {
  renderWithProviders(<ErrorState error={new ConnectionError(new TypeError('fetch failed'))} what="the tree" />);
  expect(screen.getByRole('heading').textContent).toBe('The server did not answer');
});
