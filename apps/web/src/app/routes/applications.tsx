import { getRouteApi } from '@tanstack/react-router';
import { ApplicationList } from '../../features/applications/list/application-list.tsx';
import { mergeSearch } from '../search.ts';

const route = getRouteApi('/shell/applications');

export function ApplicationsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <ApplicationList
      search={search}
      onSearch={(change) =>
        void navigate({
          search: (before) => mergeSearch(before, change),
          replace: !('plan' in change || 'new' in change),
        })
      }
    />
  );
}
