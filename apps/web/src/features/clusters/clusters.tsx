import { Drawer } from '@mantine/core';
import { IconAlertTriangle, IconServerOff } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ConnectionStatus } from '../../components/connection-status.tsx';
import classes from '../../components/page.module.css';
import { Fact, Facts, Page, QueryPanel, Tags } from '../../components/page.tsx';
import { PanelState } from '../../components/panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { api } from '../../lib/api-client.ts';
import type { Cluster, ItemList } from '../../lib/api-types.ts';

const clusterQueries = {
  list: () =>
    queryOptions({
      queryKey: ['clusters'],
      queryFn: ({ signal }) => api.get<ItemList<Cluster>>('api/v1/clusters', undefined, signal),
      refetchInterval: 30_000,
    }),
};

/** Every cluster has this label; it says nothing about one. */
const secretType = 'argocd.argoproj.io/secret-type';

const wasRead = ({ info }: Cluster): boolean => Boolean(info?.cacheInfo?.lastCacheSyncTime);

const connection = (cluster: Cluster) => cluster.info?.connectionState ?? cluster.connectionState;

export function Clusters({ id, onOpen }: { id: string | undefined; onOpen: (id: string | undefined) => void }) {
  const clusters = useQuery(clusterQueries.list());
  const items = clusters.data?.items ?? [];
  const open = items.find((each) => each.server === id);
  return (
    <Page
      title="Clusters"
      count={clusters.data ? items.length : undefined}
      lead="Where applications run. Clusters are Secrets labelled argocd.argoproj.io/secret-type: cluster; what you see here is read from them."
    >
      <QueryPanel query={clusters} what="the clusters">
        {() =>
          items.length === 0 ? (
            <PanelState icon={<IconServerOff size={22} />} title="No clusters">
              Add one by applying a labelled cluster Secret to the namespace Lockstep runs in.
            </PanelState>
          ) : (
            <table className={classes.table}>
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Connection</th>
                  <th>Version</th>
                  <th className={classes.number}>Applications</th>
                  <th className={classes.number}>Resources watched</th>
                  <th>Last full read</th>
                </tr>
              </thead>
              <tbody>
                {items.map((cluster) => (
                  <tr key={`${cluster.server} ${cluster.name}`}>
                    <td>
                      <button type="button" className={classes.main} onClick={() => onOpen(cluster.server)}>
                        {cluster.name || cluster.server}
                      </button>
                      <span className={classes.dim}>{cluster.server}</span>
                    </td>
                    <td>
                      <ConnectionStatus state={connection(cluster)} />
                      {connection(cluster)?.status === 'Failed' && (
                        <span className={classes.bad}>{connection(cluster)?.message}</span>
                      )}
                      <Warnings of={cluster} />
                    </td>
                    <td data-label="Version">{cluster.info?.serverVersion || cluster.serverVersion || '–'}</td>
                    <td data-label="Applications" className={classes.number}>
                      <Link to="/applications" search={{ q: `cluster:${cluster.name || cluster.server}` }}>
                        {cluster.info?.applicationsCount ?? 0}
                      </Link>
                    </td>
                    <td data-label="Resources watched" className={classes.number}>
                      {wasRead(cluster) ? cluster.info.cacheInfo.resourcesCount.toLocaleString() : '–'}
                    </td>
                    <td data-label="Last full read" className={classes.nowrap}>
                      {wasRead(cluster) ? <RelativeTime value={cluster.info.cacheInfo.lastCacheSyncTime} /> : '–'}
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
        title={open?.name || open?.server}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {open && (
          <Facts>
            <Fact name="Address">{open.server}</Fact>
            <Fact name="Connection">
              <ConnectionStatus state={connection(open)} />
              {connection(open)?.message && <span className={classes.bad}>{connection(open)?.message}</span>}
            </Fact>
            <Fact name="Tried">
              {connection(open)?.attemptedAt ? <RelativeTime value={connection(open)?.attemptedAt} /> : 'Never'}
            </Fact>
            <Fact name="Kubernetes">{open.info?.serverVersion || open.serverVersion || 'Unknown'}</Fact>
            <Fact name="API kinds">{open.info?.cacheInfo?.apisCount || 'Unknown'}</Fact>
            <Fact name="Certificate check">{open.config.tlsClientConfig.insecure ? 'Skipped' : 'On'}</Fact>
            <Fact name="Identity">
              {open.info?.uid ??
                (connection(open)?.status === 'Successful' ? 'Unknown: kube-system cannot be read' : 'Unknown')}
            </Fact>
            {open.info.warnings.length > 0 && (
              <Fact name="Warnings">
                <Warnings of={open} />
              </Fact>
            )}
            <Fact name="Namespaces">
              {open.namespaces && open.namespaces.length > 0 ? <Tags values={open.namespaces} /> : 'All'}
            </Fact>
            <Fact name="Project">{open.project || 'Any'}</Fact>
            <Fact name="Labels">
              <Tags
                values={Object.entries(open.labels ?? {})
                  .filter(([name]) => name !== secretType)
                  .map(([name, value]) => `${name}=${value}`)}
              />
            </Fact>
          </Facts>
        )}
      </Drawer>
    </Page>
  );
}

/** What works and should not stay so. */
function Warnings({ of: { info } }: { of: Cluster }) {
  return info.warnings.map((warning) => (
    <span key={warning} className={classes.caution}>
      <IconAlertTriangle size={14} aria-hidden />
      {warning}
    </span>
  ));
}
