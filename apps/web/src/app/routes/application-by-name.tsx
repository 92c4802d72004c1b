import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Navigate } from '@tanstack/react-router';
import { ErrorState } from '../../components/panel.tsx';
import { applicationQueries } from '../../features/applications/queries.ts';
import { NotFound } from './not-found.tsx';

const route = getRouteApi('/shell/applications/$name');

/** Finds the namespace of an application that a link names only by its name. */
export function ApplicationByName() {
  const { name } = route.useParams();
  const found = useQuery(applicationQueries.find(name));
  if (found.error)
    return <ErrorState error={found.error} what={`the application ${name}`} retry={() => void found.refetch()} />;
  if (!found.data) return null;
  const row = found.data.find((each) => each.name === name);
  return row ? (
    <Navigate to="/applications/$namespace/$name" params={{ namespace: row.namespace, name }} replace />
  ) : (
    <NotFound />
  );
}
