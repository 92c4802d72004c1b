import { Modal } from '@mantine/core';
import classes from './sign-in.module.css';
import { SignInForm } from './sign-in-form.tsx';

/** Asks to sign in again over the page, so that nothing a person was writing is lost. */
export default function SessionExpired({ onSignedIn }: { onSignedIn: () => void }) {
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
