import { Drawer } from '@mantine/core';
import { IconGitBranch } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { ConnectionStatus } from '../../components/connection-status.tsx';
import classes from '../../components/page.module.css';
import { Fact, Facts, Page, QueryPanel } from '../../components/page.tsx';
import { PanelState } from '../../components/panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { api } from '../../lib/api-client.ts';
import type { ItemList, Repository } from '../../lib/api-types.ts';

const repositoryQueries = {
  list: () =>
    queryOptions({
      queryKey: ['repositories'],
      queryFn: ({ signal }) => api.get<ItemList<Repository>>('api/v1/repositories', undefined, signal),
    }),
};

export function Repositories({ id, onOpen }: { id: string | undefined; onOpen: (id: string | undefined) => void }) {
  const repositories = useQuery(repositoryQueries.list());
  const items = repositories.data?.items ?? [];
  const open = items.find((each) => each.repo === id);
  return (
    <Page
      title="Repositories"
      count={repositories.data ? items.length : undefined}
      lead="Where manifests and charts come from. Public repositories need no entry here; those with credentials do."
    >
      <QueryPanel query={repositories} what="the repositories">
        {() =>
          items.length === 0 ? (
            <PanelState icon={<IconGitBranch size={22} />} title="No repositories">
              Public repositories work without an entry. Add one with credentials as a labelled repository Secret.
            </PanelState>
          ) : (
            <table className={classes.table}>
              <thead>
                <tr>
                  <th>Repository</th>
                  <th>Type</th>
                  <th>Connection</th>
                  <th>Project</th>
                  <th>Tried</th>
                </tr>
              </thead>
              <tbody>
                {items.map((repository) => (
                  <tr key={`${repository.repo} ${repository.project ?? ''}`}>
                    <td>
                      <button type="button" className={classes.main} onClick={() => onOpen(repository.repo)}>
                        {repository.name || repository.repo}
                      </button>
                      {repository.name && <span className={classes.dim}>{repository.repo}</span>}
                    </td>
                    <td data-label="Type">{typeOf(repository)}</td>
                    <td>
                      <ConnectionStatus state={repository.connectionState} />
                      {repository.connectionState?.status === 'Failed' && (
                        <span className={classes.bad}>{repository.connectionState.message}</span>
                      )}
                    </td>
                    <td data-label="Project">{repository.project || 'Any'}</td>
                    <td data-label="Tried" className={classes.nowrap}>
                      {repository.connectionState?.attemptedAt ? (
                        <RelativeTime value={repository.connectionState.attemptedAt} />
                      ) : (
                        '–'
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </QueryPanel>
      <Drawer
        opened={open !== undefined}
        onClose={() => onOpen(undefined)}
        position="right"
        size={480}
        title={open?.name || open?.repo}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {open && (
          <Facts>
            <Fact name="Address">{open.repo}</Fact>
            <Fact name="Type">{typeOf(open)}</Fact>
            <Fact name="Connection">
              <ConnectionStatus state={open.connectionState} />
              {open.connectionState?.message && <span className={classes.bad}>{open.connectionState.message}</span>}
            </Fact>
            <Fact name="User">{open.username}</Fact>
            <Fact name="Credentials">{credentialWords[open.credentials] ?? open.credentials}</Fact>
            <Fact name="Certificate check">{open.insecure ? 'Skipped' : 'On'}</Fact>
            <Fact name="Large files">{open.enableLfs ? 'Fetched' : 'Not fetched'}</Fact>
          </Facts>
        )}
      </Drawer>
    </Page>
  );
}

/** How the repository is signed in to, in the server's words and in ours. */
const credentialWords: Record<string, string> = {
  none: 'None',
  password: 'User name and password',
  token: 'Bearer token',
  ssh: 'SSH key',
  'github-app': 'GitHub App',
  'client-certificate': 'Client certificate',
  gcp: 'Google Cloud service account',
  'azure-workload-identity': 'Azure workload identity',
};

function typeOf({ type, enableOCI }: Repository): string {
  if (type === 'helm') return enableOCI ? 'Helm (OCI)' : 'Helm';
  return type === 'oci' ? 'OCI' : 'Git';
}
