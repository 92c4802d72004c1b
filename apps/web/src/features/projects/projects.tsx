import { IconFolders } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from '../../components/page.module.css';
import { Fact, Facts, Page, QueryPanel, Tags } from '../../components/page.tsx';
import { PanelState } from '../../components/panel.tsx';
import { ApiError, api } from '../../lib/api-client.ts';
import type { AppProject, ItemList } from '../../lib/api-types.ts';

const projectQueries = {
  list: () =>
    queryOptions({
      queryKey: ['projects'],
      queryFn: ({ signal }) => api.get<ItemList<AppProject>>('api/v1/projects', undefined, signal),
    }),
};

export function Projects() {
  const projects = useQuery(projectQueries.list());
  const items = projects.data?.items ?? [];
  return (
    <Page
      title="Projects"
      count={projects.data ? items.length : undefined}
      lead="What applications may touch: which repositories, which clusters and namespaces, which kinds, and when."
    >
      <QueryPanel query={projects} what="the projects">
        {() =>
          items.length === 0 ? (
            <PanelState icon={<IconFolders size={22} />} title="No projects">
              Every application belongs to one. Create an AppProject resource to begin.
            </PanelState>
          ) : (
            <table className={classes.table}>
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Repositories</th>
                  <th>Destinations</th>
                  <th className={classes.number}>Roles</th>
                  <th className={classes.number}>Sync windows</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ metadata, spec }) => (
                  <tr key={metadata.name}>
                    <td>
                      <Link to="/settings/projects/$name" params={{ name: metadata.name }} className={classes.main}>
                        {metadata.name}
                      </Link>
                      {spec.description && <span className={classes.dim}>{spec.description}</span>}
                    </td>
                    <td data-label="Repositories">{countOf(spec.sourceRepos)}</td>
                    <td data-label="Destinations">
                      {spec.destinations?.some((each) => each.server === '*' && each.namespace === '*')
                        ? 'Any'
                        : (spec.destinations?.length ?? 0)}
                    </td>
                    <td data-label="Roles" className={classes.number}>
                      {spec.roles?.length ?? 0}
                    </td>
                    <td data-label="Sync windows" className={classes.number}>
                      {spec.syncWindows?.length ?? 0}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </QueryPanel>
    </Page>
  );
}

const countOf = (values: string[] | undefined): string => (values?.includes('*') ? 'Any' : String(values?.length ?? 0));

export function Project({ name }: { name: string }) {
  const projects = useQuery(projectQueries.list());
  const project = projects.data?.items?.find((each) => each.metadata.name === name);
  const missing =
    projects.data && !project
      ? new ApiError(404, { message: `There is no project ${name} that you may see.` })
      : undefined;
  return (
    <Page
      title={name}
      lead={
        <>
          {project?.spec.description}{' '}
          <Link to="/applications" search={{ q: `project:${name}` }}>
            Its applications
          </Link>
        </>
      }
    >
      <QueryPanel
        query={{ data: project, error: missing ?? projects.error, refetch: projects.refetch }}
        what={`the project ${name}`}
      >
        {({ spec }) => (
          <>
            <section className={classes.section}>
              <h2>Sources</h2>
              <Facts>
                <Fact name="Repositories">
                  <Tags values={spec.sourceRepos} />
                </Fact>
                <Fact name="Namespaces of Applications">
                  <Tags values={spec.sourceNamespaces} />
                </Fact>
              </Facts>
            </section>
            <section className={classes.section}>
              <h2>Destinations</h2>
              <Tags
                values={spec.destinations?.map(
                  (each) => `${each.name || each.server || '*'} / ${each.namespace || '*'}`,
                )}
              />
            </section>
            <section className={classes.section}>
              <h2>Kinds</h2>
              <Facts>
                <Fact name="Cluster-wide, allowed">
                  <Tags values={spec.clusterResourceWhitelist?.map(kindName)} />
                </Fact>
                <Fact name="Cluster-wide, denied">
                  <Tags values={spec.clusterResourceBlacklist?.map(kindName)} />
                </Fact>
                <Fact name="In namespaces, allowed">
                  {spec.namespaceResourceWhitelist ? (
                    <Tags values={spec.namespaceResourceWhitelist.map(kindName)} />
                  ) : (
                    'All'
                  )}
                </Fact>
                <Fact name="In namespaces, denied">
                  <Tags values={spec.namespaceResourceBlacklist?.map(kindName)} />
                </Fact>
              </Facts>
            </section>
            <section className={classes.section}>
              <h2>Roles</h2>
              {(spec.roles ?? []).length === 0 && <span className={classes.dim}>none</span>}
              {spec.roles?.map((role) => (
                <Facts key={role.name}>
                  <Fact name={role.name}>
                    {role.description}
                    <div>
                      <Tags values={role.groups} />
                    </div>
                    {role.policies?.map((policy) => (
                      <div key={policy}>
                        <code>{policy}</code>
                      </div>
                    ))}
                  </Fact>
                </Facts>
              ))}
            </section>
            <section className={classes.section}>
              <h2>Sync windows</h2>
              {(spec.syncWindows ?? []).length === 0 && (
                <span className={classes.dim}>none: syncs are possible at any time</span>
              )}
              {spec.syncWindows?.map((window) => (
                <Facts key={`${window.kind} ${window.schedule} ${window.duration}`}>
                  <Fact name={window.kind === 'allow' ? 'Allowed' : 'Denied'}>
                    <code>{window.schedule}</code> for {window.duration}
                    {window.timeZone && ` (${window.timeZone})`}
                    {window.manualSync && ', manual sync possible'}
                    {window.description && <span className={classes.dim}>{window.description}</span>}
                    <div>
                      <Tags
                        values={[
                          ...(window.applications ?? []).map((each) => `application ${each}`),
                          ...(window.namespaces ?? []).map((each) => `namespace ${each}`),
                          ...(window.clusters ?? []).map((each) => `cluster ${each}`),
                        ]}
                      />
                    </div>
                  </Fact>
                </Facts>
              ))}
            </section>
          </>
        )}
      </QueryPanel>
    </Page>
  );
}

const kindName = ({ group, kind }: { group: string; kind: string }): string => (group ? `${kind}.${group}` : kind);
