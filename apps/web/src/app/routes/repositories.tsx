import { getRouteApi } from '@tanstack/react-router';
import { Repositories } from '../../features/repositories/repositories.tsx';

const route = getRouteApi('/shell/settings/repositories');

export function RepositoriesPage() {
  const { id } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Repositories
      id={id}
      onOpen={(next) => void navigate({ search: next === undefined ? {} : { id: next }, resetScroll: false })}
    />
  );
}
