import { getRouteApi } from '@tanstack/react-router';
import { ApplicationPage } from '../../features/applications/page/application-page.tsx';
import { mergeSearch } from '../search.ts';

const route = getRouteApi('/shell/applications/$namespace/$name');

export function ApplicationRoute() {
  const { namespace, name } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <ApplicationPage
      key={`${namespace}/${name}`}
      applicationKey={{ namespace, name }}
      search={search}
      onSearch={(change) =>
        void navigate({
          search: (before) => mergeSearch(before, change),
          resetScroll: false,
          replace: 'q' in change || ('pane' in change && !('node' in change)),
        })
      }
    />
  );
}
