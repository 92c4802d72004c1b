import { CloseButton, Tabs } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type PointerEvent, useEffect, useMemo, useRef } from 'react';
import { CodeEditor, CodeLoading } from '../../../components/code/lazy-code.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { KindIcon } from '../../../components/kind-icon.tsx';
import { ErrorState, PanelBoundary, PanelState } from '../../../components/panel.tsx';
import { StatusBadge, StatusIcon } from '../../../components/status-icon.tsx';
import { TabStrip } from '../../../components/tab-strip.tsx';
import { useShortcuts } from '../../../hooks/use-shortcuts.ts';
import { ApiError } from '../../../lib/api-client.ts';
import type { Application, ManagedResource, ResourceRef } from '../../../lib/api-types.ts';
import { healthTone, syncLabel, syncTone } from '../../../lib/status.ts';
import { toYaml, withoutBookkeeping } from '../../../lib/yaml.ts';
import { entryOf, parseState } from '../diff/managed-entry.ts';
import { ResourceDiff } from '../diff/resource-diff.tsx';
import { EventsList } from '../events-list.tsx';
import { LogViewer } from '../logs/log-viewer.tsx';
import { containerNames } from '../logs/logs-tab.tsx';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { parseResourceId } from '../resource-id.ts';
import { buildForest, type ResourceItem } from '../resources/build-tree.ts';
import type { ApplicationSearch, ResourcePane } from '../search.ts';
import classes from './drawer.module.css';
import { ResourceMenu } from './resource-menu.tsx';
import { SummaryPane } from './summary-pane.tsx';

interface ResourceDrawerProps {
  applicationKey: ApplicationKey;
  app: Application;
  node: string;
  search: ApplicationSearch;
  onSearch: (change: Partial<{ [K in keyof ApplicationSearch]: ApplicationSearch[K] | undefined }>) => void;
}

const loggingKinds = new Set([
  'Pod',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Rollout',
]);

/** Everything about one resource, beside the tree. Not modal: the tree stays usable. */
export default function ResourceDrawer({ applicationKey: key, app, node, search, onSearch }: ResourceDrawerProps) {
  const [width, setWidth] = useLocalStorage({ key: 'lockstep.drawer-width', defaultValue: 720 });
  const title = useRef<HTMLHeadingElement>(null);
  const wanted = parseResourceId(node);
  const tree = useQuery(applicationQueries.tree(key));
  const forest = useMemo(() => buildForest(app, tree.data), [app, tree.data]);
  const found = useMemo(() => find(forest, node), [forest, node]);
  const ref: ResourceRef = found?.item.ref ?? wanted ?? { kind: '', name: '' };
  const item = found?.item;
  const isLive = item?.health?.status !== 'Missing';
  const live = useQuery({
    ...applicationQueries.resource(key, ref),
    enabled: ref.kind !== '' && tree.isSuccess && isLive,
  });
  const managed = useQuery({ ...applicationQueries.managedResource(key, ref), enabled: item?.sync !== undefined });
  const close = () => onSearch({ node: undefined, pane: undefined, container: undefined });
  useShortcuts([{ keys: 'Escape', title: 'Close the resource', group: 'This resource', run: close }]);

  // A link or a click opens the drawer: reading goes on at its title.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another resource moves the focus
  useEffect(() => {
    const opener = document.activeElement;
    title.current?.focus({ preventScroll: true });
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, [node]);

  if (!wanted) return null;
  const differs = item?.sync === 'OutOfSync';
  const pane: ResourcePane = search.pane ?? 'summary';
  const denied = permission(app, 'logs');
  const containers = containerNames(live.data);

  return (
    <aside
      className={classes.drawer}
      aria-label={`${ref.kind} ${ref.name}`}
      style={{ ['--drawer-width' as string]: `${width}px` }}
    >
      <ResizeHandle width={width} onWidth={setWidth} />
      <header className={classes.head}>
        <KindIcon kind={ref.kind} size={22} />
        <div className={classes.title}>
          <h2 ref={title} tabIndex={-1}>
            {ref.name}
          </h2>
          <p>
            {ref.kind}
            {ref.namespace && ` in ${ref.namespace}`}
          </p>
        </div>
        {ref.kind === 'Application' && ref.group === 'argoproj.io' && (
          <Link
            className={classes.open}
            to="/applications/$namespace/$name"
            params={{ namespace: ref.namespace || key.namespace, name: ref.name }}
          >
            Open application
          </Link>
        )}
        <ResourceMenu applicationKey={key} app={app} item={item} resource={ref} />
        <CloseButton aria-label="Close" onClick={close} size="lg" />
      </header>
      <div className={classes.badges}>
        {item?.health?.status && (
          <StatusBadge tone={healthTone(item.health.status)} pill>
            {item.health.status}
          </StatusBadge>
        )}
        {item?.requiresPruning ? (
          <StatusBadge tone="prune" pill>
            Not in Git, to be pruned
          </StatusBadge>
        ) : (
          item?.sync && (
            <StatusBadge tone={syncTone(item.sync)} pill>
              {syncLabel(item.sync)}
            </StatusBadge>
          )
        )}
      </div>
      {item?.health?.message && <p className={classes.sentence}>{item.health.message}</p>}
      <Tabs
        value={pane}
        onChange={(value) => onSearch({ pane: (value ?? 'summary') as ResourcePane })}
        className={classes.tabs ?? ''}
      >
        <TabStrip open={pane} aria-label="About this resource">
          <Tabs.Tab value="summary">Summary</Tabs.Tab>
          {item?.sync && (
            <Tabs.Tab
              value="diff"
              rightSection={
                differs ? (
                  <span className={classes.differs}>
                    <StatusIcon tone="outofsync" size={13} label="differs" />
                  </span>
                ) : undefined
              }
            >
              Diff
            </Tabs.Tab>
          )}
          <Tabs.Tab value="live">Live</Tabs.Tab>
          {item?.sync && <Tabs.Tab value="target">Desired</Tabs.Tab>}
          <Tabs.Tab value="events">Events</Tabs.Tab>
          {loggingKinds.has(ref.kind) && <Tabs.Tab value="logs">Logs</Tabs.Tab>}
        </TabStrip>
        <PanelBoundary what="this resource" key={`${node} ${pane}`}>
          <Tabs.Panel value="summary" className={classes.pane ?? ''}>
            {live.error && !(live.error instanceof ApiError && live.error.notFound) ? (
              <ErrorState error={live.error} what="the live resource" retry={() => void live.refetch()} compact />
            ) : (
              <SummaryPane
                item={item}
                owner={found?.owner}
                live={live.data}
                loading={live.isLoading}
                onOpen={(id) => onSearch({ node: id, pane: undefined })}
              />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="diff" className={classes.pane ?? ''}>
            <ManagedPane query={managed}>
              {(resource) => (
                <ResourceDiff entry={entryOf(resource)} beforeLabel="Live" afterLabel="Desired" titled={false} />
              )}
            </ManagedPane>
          </Tabs.Panel>
          <Tabs.Panel value="live" className={classes.pane ?? ''}>
            {live.isLoading ? (
              <CodeLoading />
            ) : live.data ? (
              <Yaml text={toYaml(withoutBookkeeping(live.data))} label={`Live ${ref.kind} ${ref.name}`} />
            ) : (
              <PanelState icon={<KindIcon kind={ref.kind} size={22} />} title="Not in the cluster" compact>
                Git asks for it; a sync will create it.
              </PanelState>
            )}
          </Tabs.Panel>
          <Tabs.Panel value="target" className={classes.pane ?? ''}>
            <ManagedPane query={managed}>
              {(resource) => {
                const target = parseState(resource.targetState);
                return target ? (
                  <Yaml text={toYaml(target)} label={`Desired ${ref.kind} ${ref.name}`} />
                ) : (
                  <PanelState icon={<KindIcon kind={ref.kind} size={22} />} title="Not in Git" compact>
                    Git no longer has this resource; a sync with prune deletes it.
                  </PanelState>
                );
              }}
            </ManagedPane>
          </Tabs.Panel>
          <Tabs.Panel value="events" className={classes.pane ?? ''}>
            <EventsList applicationKey={key} resource={ref} />
          </Tabs.Panel>
          <Tabs.Panel value="logs" className={classes.pane ?? ''}>
            {denied ? (
              <PanelState icon={<KindIcon kind="Secret" size={22} />} title="You may not read these logs" compact>
                {denied}
              </PanelState>
            ) : (
              <LogViewer
                applicationKey={key}
                target={
                  ref.kind === 'Pod'
                    ? { podName: ref.name, namespace: ref.namespace }
                    : { group: ref.group, kind: ref.kind, resourceName: ref.name, namespace: ref.namespace }
                }
                containers={containers}
                container={search.container ?? containers[0]}
                onContainer={(container) => onSearch({ container })}
                fileName={ref.name}
              />
            )}
          </Tabs.Panel>
        </PanelBoundary>
      </Tabs>
    </aside>
  );
}

function Yaml({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.fill}>
      <div className={classes.copy}>
        {text.split('\n').length - 1} lines
        <CopyButton value={text} label="Copy YAML" />
      </div>
      <CodeEditor value={text} label={label} />
    </div>
  );
}

function ManagedPane({
  query,
  children,
}: {
  query: { data: ManagedResource | null | undefined; error: unknown; refetch: () => unknown };
  children: (resource: ManagedResource) => React.ReactNode;
}) {
  if (query.error)
    return <ErrorState error={query.error} what="the desired state" retry={() => void query.refetch()} compact />;
  if (query.data === undefined) return <CodeLoading />;
  if (query.data === null)
    return (
      <PanelState icon={<IconLink size={22} />} title="Not managed by Git" compact>
        The cluster made this resource from another one.
      </PanelState>
    );
  return children(query.data);
}

const narrowest = 420;

function ResizeHandle({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  const clamp = (value: number) => Math.round(Math.max(narrowest, Math.min(window.innerWidth - 80, value)));
  const drag = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.buttons === 1) onWidth(clamp(window.innerWidth - event.clientX));
  };
  return (
    <button
      type="button"
      className={classes.resize}
      aria-label={`Resize, ${width} pixels wide. Arrow keys change it.`}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') onWidth(clamp(width + 40));
        if (event.key === 'ArrowRight') onWidth(clamp(width - 40));
      }}
    />
  );
}

function find(
  items: readonly ResourceItem[],
  id: string,
  owner?: ResourceItem,
): { item: ResourceItem; owner: ResourceItem | undefined } | undefined {
  for (const item of items) {
    if (item.id === id) return { item, owner };
    const below = find(item.children, id, item);
    if (below) return below;
  }
  return undefined;
}
