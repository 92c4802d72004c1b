import { getRouteApi } from '@tanstack/react-router';
import { Clusters } from '../../features/clusters/clusters.tsx';

const route = getRouteApi('/shell/settings/clusters');

export function ClustersPage() {
  const { id } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Clusters
      id={id}
      onOpen={(next) => void navigate({ search: next === undefined ? {} : { id: next }, resetScroll: false })}
    />
  );
}
