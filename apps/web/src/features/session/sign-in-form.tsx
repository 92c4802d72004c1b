import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconLogin2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiError, ConnectionError } from '../../lib/api-client.ts';
import { serverPath } from '../../lib/base-path.ts';
import { sessionQueries, signIn } from './queries.ts';
import classes from './sign-in.module.css';

interface SignInFormProps {
  /** What single sign-on comes back to, a path under the mount point. */
  returnPath: string;
  onSignedIn: () => void;
  initialError?: string | undefined;
  newTab?: boolean;
}

/** Single sign-on first, then a local account where those are allowed. */
export function SignInForm({ returnPath, onSignedIn, initialError, newTab = false }: SignInFormProps) {
  const settings = useQuery(sessionQueries.settings());
  const [error, setError] = useState(initialError);
  const [busy, setBusy] = useState(false);
  const providers = providerNames(settings.data);
  const local = settings.data?.userLoginsDisabled !== true;

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    try {
      await signIn(String(form.get('username')), String(form.get('password')));
      onSignedIn();
    } catch (failure) {
      setError(explain(failure));
      setBusy(false);
    }
  };

  return (
    <>
      {error && (
        <div className={classes.error} role="alert">
          <IconAlertTriangle size={17} />
          <span>{error}</span>
        </div>
      )}
      {providers.map((name) => (
        <Button
          key={name}
          component="a"
          size="md"
          fullWidth
          href={`${serverPath('auth/login')}?return_url=${encodeURIComponent(serverPath(returnPath))}`}
          {...(newTab && { target: '_blank', rel: 'noopener' })}
          leftSection={<IconLogin2 size={18} />}
          // A provider may have a long name: two lines rather than a cut one.
          h="auto"
          mih={42}
          py={8}
          styles={{ label: { whiteSpace: 'normal', overflow: 'visible', textAlign: 'center' } }}
        >
          Continue with {name}
        </Button>
      ))}
      {providers.length > 0 && local && <div className={classes.or}>or with a local account</div>}
      {local && (
        <form className={classes.form} onSubmit={(event) => void submit(event)}>
          <TextInput
            name="username"
            label="Username"
            autoComplete="username"
            required
            withAsterisk={false}
            size="md"
            autoFocus={providers.length === 0}
          />
          <PasswordInput
            name="password"
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            size="md"
          />
          <Button
            type="submit"
            size="md"
            fullWidth
            loading={busy}
            variant={providers.length > 0 ? 'default' : 'filled'}
            mt={4}
          >
            Sign in
          </Button>
        </form>
      )}
    </>
  );
}

function providerNames(
  settings: { oidcConfig?: { name?: string }; dexConfig?: { connectors?: { name?: string }[] } } | undefined,
): string[] {
  const connectors = settings?.dexConfig?.connectors ?? [];
  if (settings?.oidcConfig) return [settings.oidcConfig.name || 'single sign-on'];
  return connectors.length > 0
    ? [
        connectors
          .map((each) => each.name)
          .filter(Boolean)
          .join(', ') || 'single sign-on',
      ]
    : [];
}

function explain(failure: unknown): string {
  if (failure instanceof ConnectionError)
    return 'The server did not answer. Check the network connection and try again.';
  if (failure instanceof ApiError && failure.status === 401)
    return 'That name and password do not match an account. Check both; capital letters matter.';
  if (failure instanceof ApiError && failure.status === 429) return 'Too many attempts. Wait a minute and try again.';
  if (failure instanceof ApiError) return [failure.message, failure.fix].filter(Boolean).join(' ');
  return String(failure);
}
