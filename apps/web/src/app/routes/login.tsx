import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { sessionQueries } from '../../features/session/queries.ts';
import { safeReturnPath } from '../../features/session/return-path.ts';
import { SignIn } from '../../features/session/sign-in.tsx';

const route = getRouteApi('/login');

export function LoginPage() {
  const search = route.useSearch();
  const router = useRouter();
  const queryClient = useQueryClient();
  const returnPath = safeReturnPath(search.return);
  const enter = async () => {
    await queryClient.invalidateQueries(sessionQueries.user());
    queryClient.removeQueries({ queryKey: sessionQueries.user().queryKey });
    router.history.push(router.basepath.replace(/\/$/, '') + returnPath);
  };
  return <SignIn returnPath={returnPath} onSignedIn={() => void enter()} error={search.error} />;
}
