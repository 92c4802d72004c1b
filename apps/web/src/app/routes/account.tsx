import { Account } from '../../features/session/account.tsx';

export function AccountPage() {
  return <Account />;
}
