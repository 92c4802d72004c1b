import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { renderWithProviders, stubServer } from '../../testing/render.tsx';
import { SignInForm } from './sign-in-form.tsx';

let restore: () => void = () => undefined;
afterEach(() => restore());

const settings = { oidcConfig: { name: 'Keycloak' } };

it('says what is wrong with a wrong password and lets one try again', async () => {
  const onSignedIn = vi.fn();
  const server = stubServer({
    'GET api/v1/settings': () => settings,
    'POST api/v1/session': (body) =>
      (body as { password: string }).password === 'right'
        ? { token: 'x' }
        : Response.json({ message: 'Invalid username or password' }, { status: 401 }),
  });
  restore = server.restore;
  renderWithProviders(<SignInForm returnPath="/" onSignedIn={onSignedIn} />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText('Username'), 'ada');
  await user.type(screen.getByLabelText('Password'), 'wrong');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect((await screen.findByRole('alert')).textContent).toMatch(/do not match an account/);
  expect(onSignedIn).not.toHaveBeenCalled();
  await user.clear(screen.getByLabelText('Password'));
  await user.type(screen.getByLabelText('Password'), 'right');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  await waitFor(() => expect(onSignedIn).toHaveBeenCalledOnce());
});

it('offers single sign-on with the way back, and no local form where it is switched off', async () => {
  restore = stubServer({ 'GET api/v1/settings': () => ({ ...settings, userLoginsDisabled: true }) }).restore;
  renderWithProviders(<SignInForm returnPath="/applications/argocd/shop" onSignedIn={() => undefined} />);
  const link = await screen.findByRole('link', { name: 'Continue with Keycloak' });
  expect(new URL((link as HTMLAnchorElement).href).searchParams.get('return_url')).toBe('/applications/argocd/shop');
  await waitFor(() => expect(screen.queryByLabelText('Password')).toBeNull());
});
