import { LogoMark } from '../../components/logo.tsx';
import classes from './sign-in.module.css';
import { SignInForm } from './sign-in-form.tsx';

/** What the server gives as `error` when single sign-on failed. */
const reasons: Record<string, string> = {
  sso_expired: 'The sign-in took too long or was started in another window. Try again.',
  sso_denied: 'The identity provider refused the sign-in. You may not be assigned to this application there.',
  sso_groups:
    'The identity provider sent no usable groups, so no permission could be given. Ask whoever manages it to add the groups claim.',
  sso_failed:
    'The identity provider answered something that cannot be trusted. The clocks of both servers may differ; the log of the API says more.',
  sso_config:
    'Single sign-on is not set up completely. Whoever runs the server finds the reason in the log of the API.',
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
          aria-hidden="true"
          viewBox="0 0 720 900"
          preserveAspectRatio="xMaxYMin meet"
          fill="none"
          strokeWidth="30"
          strokeLinecap="round"
          strokeLinejoin="round"
        >
          <path d="M60 520H220V360H380V200H540V40H700V-120H860" stroke="#29263f" />
          <path d="M-20 480H140V320H300V160H460V0H620V-160H860" stroke="#1d1b2b" />
          <path d="M140 560H300V400H460V240H620V80H860" stroke="#8b82f0" />
          <path d="M220 600H380V440H540V280H700V120H860" stroke="#ffffff" />
        </svg>
        <p className={classes.claim}>Every change planned, every rollback held, every drift explained.</p>
        <p className={classes.sub}>
          Lockstep keeps Kubernetes clusters in step with Git, and tells you when and why they are not.
        </p>
      </aside>
    </div>
  );
}
