import { LogoMark } from '../../components/logo.tsx';
import classes from './sign-in.module.css';
import { SignInForm } from './sign-in-form.tsx';

const reasons: Record<string, string> = {
  expired: 'Your session has ended. Sign in to continue where you were.',
  access_denied: 'The identity provider refused the sign-in. You may not be assigned to this application there.',
  clock: 'The identity token is not valid yet or any more. The clocks of the server and the identity provider differ.',
  groups:
    'The identity provider sent no groups, so no permission could be given. Ask whoever manages it to add the groups claim.',
};

interface SignInProps {
  returnPath: string;
  onSignedIn: () => void;
  /** A key of the reasons above, or the provider's own words. */
  error?: string | undefined;
}

export function SignIn({ returnPath, onSignedIn, error }: SignInProps) {
  return (
    <div className={classes.page}>
      <main className={classes.main}>
        <div className={classes.box}>
          <div className={classes.brand}>
            <LogoMark size={28} />
            Lockstep
          </div>
          <h1 className={classes.title}>Sign in</h1>
          <p className={classes.lead}>
            {returnPath === '/'
              ? 'See what runs, and what Git wants.'
              : `You will return to ${returnPath.split('?')[0]}`}
          </p>
          <SignInForm
            returnPath={returnPath}
            onSignedIn={onSignedIn}
            initialError={error && (reasons[error] ?? error)}
          />
        </div>
      </main>
      <aside className={classes.art} aria-hidden="true">
        <svg
          viewBox="0 0 720 900"
          preserveAspectRatio="xMaxYMin slice"
          fill="none"
          strokeWidth="30"
          strokeLinecap="round"
          strokeLinejoin="round"
        >
          <path d="M-80 640H140V480H300V320H460V160H620V0H800" stroke="#29263f" />
          <path d="M-80 560H140V400H300V240H460V80H620V-80H800" stroke="#1d1b2b" />
          <path d="M-80 720H140V560H300V400H460V240H620V80H800" stroke="#8b82f0" />
          <path d="M-80 800H220V640H380V480H540V320H700V160H800" stroke="#ffffff" />
        </svg>
        <p className={classes.claim}>Every change planned, every rollback held, every drift explained.</p>
        <p className={classes.sub}>
          Lockstep keeps Kubernetes clusters in step with Git, and tells you when and why they are not.
        </p>
      </aside>
    </div>
  );
}
