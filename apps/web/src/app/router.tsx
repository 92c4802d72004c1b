import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { ErrorState } from '../components/panel.tsx';
import { sessionQueries } from '../features/session/queries.ts';
import { safeReturnPath } from '../features/session/return-path.ts';
import { basePath } from '../lib/base-path.ts';
import { NotFound } from './routes/not-found.tsx';
import { applicationSearch, listSearch } from './search.ts';

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => <ErrorState error={error} what="this page" retry={reset} />,
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { return?: string; error?: string } => ({
    ...(typeof search['return'] === 'string' && { return: search['return'] }),
    // Argo CD's name for the same thing, in links people have kept.
    ...(typeof search['return_url'] === 'string' && { return: search['return_url'] }),
    ...(typeof search['error'] === 'string' && { error: search['error'] }),
    ...(typeof search['sso_error'] === 'string' && { error: search['sso_error'] }),
  }),
  component: lazyRouteComponent(() => import('./routes/login.tsx'), 'LoginPage'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: lazyRouteComponent(() => import('./shell/shell.tsx'), 'Shell'),
  notFoundComponent: NotFound,
  beforeLoad: async ({ context, location }) => {
    const user = await context.queryClient.ensureQueryData(sessionQueries.user());
    if (user.loggedIn !== true) throw redirect({ to: '/login', search: { return: safeReturnPath(location.href) } });
  },
  errorComponent: ({ error, reset }) => <ErrorState error={error} what="this page" retry={reset} />,
});

const index = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/applications', replace: true });
  },
});

const applications = createRoute({
  getParentRoute: () => shell,
  path: '/applications',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('./routes/applications.tsx'), 'ApplicationsPage'),
});

const application = createRoute({
  getParentRoute: () => shell,
  path: '/applications/$namespace/$name',
  validateSearch: applicationSearch,
  component: lazyRouteComponent(() => import('./routes/application.tsx'), 'ApplicationRoute'),
});

/** Argo CD's short form without a namespace. */
const applicationByName = createRoute({
  getParentRoute: () => shell,
  path: '/applications/$name',
  component: lazyRouteComponent(() => import('./routes/application-by-name.tsx'), 'ApplicationByName'),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/clusters', replace: true });
  },
});

const clusters = createRoute({
  getParentRoute: () => shell,
  path: '/settings/clusters',
  validateSearch: selection,
  component: lazyRouteComponent(() => import('./routes/clusters.tsx'), 'ClustersPage'),
});

const repositories = createRoute({
  getParentRoute: () => shell,
  path: '/settings/repositories',
  validateSearch: selection,
  component: lazyRouteComponent(() => import('./routes/repositories.tsx'), 'RepositoriesPage'),
});

const projects = createRoute({
  getParentRoute: () => shell,
  path: '/settings/projects',
  component: lazyRouteComponent(() => import('./routes/projects.tsx'), 'ProjectsPage'),
});

const project = createRoute({
  getParentRoute: () => shell,
  path: '/settings/projects/$name',
  component: lazyRouteComponent(() => import('./routes/project.tsx'), 'ProjectPage'),
});

const account = createRoute({
  getParentRoute: () => shell,
  path: '/user-info',
  component: lazyRouteComponent(() => import('./routes/account.tsx'), 'AccountPage'),
});

/** The row whose detail is open. */
function selection(search: Record<string, unknown>): { id?: string } {
  return typeof search['id'] === 'string' ? { id: search['id'] } : {};
}

const routeTree = root.addChildren([
  login,
  shell.addChildren([
    index,
    applications,
    application,
    applicationByName,
    settings,
    clusters,
    repositories,
    projects,
    project,
    account,
  ]),
]);

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    basepath: basePath,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultPendingMs: 300,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
