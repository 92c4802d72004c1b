import { Modal } from '@mantine/core';
import { useEffect, useEffectEvent } from 'react';
import { api } from '../../lib/api-client.ts';
import type { UserInfo } from '../../lib/api-types.ts';
import classes from './sign-in.module.css';
import { SignInForm } from './sign-in-form.tsx';

/** Asks to sign in again over the page, so that nothing a person was writing is lost. */
export default function SessionExpired({ onSignedIn }: { onSignedIn: () => void }) {
  const returned = useEffectEvent(async () => {
    const user = await api.get<UserInfo>('api/v1/session/userinfo');
    if (user.loggedIn === true) onSignedIn();
  });
  // Single sign-on happens in another tab: coming back from it is the moment to look.
  useEffect(() => {
    const look = () => void returned().catch(() => undefined);
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, []);
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      title="Your session has ended"
      size="sm"
      closeOnEscape={false}
      closeOnClickOutside={false}
    >
      <div className={classes.form}>
        <p>Sign in again to continue. What is on this page stays as it is.</p>
        <SignInForm returnPath={window.location.pathname} onSignedIn={onSignedIn} newTab />
      </div>
    </Modal>
  );
}
