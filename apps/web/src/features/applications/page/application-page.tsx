import { ActionIcon, Button, Menu, Modal, Skeleton, Tabs, Tooltip } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import {
  IconArrowBackUp,
  IconChevronDown,
  IconDotsVertical,
  IconHistory,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconRefreshAlert,
  IconTrash,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { CopyButton } from '../../../components/copy-button.tsx';
import { ErrorState, Panel, PanelBoundary } from '../../../components/panel.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusIcon } from '../../../components/status-icon.tsx';
import { TabStrip } from '../../../components/tab-strip.tsx';
import { useNow } from '../../../hooks/use-now.ts';
import { useShortcuts } from '../../../hooks/use-shortcuts.ts';
import { ApiError, describeError } from '../../../lib/api-client.ts';
import type { Application } from '../../../lib/api-types.ts';
import { autoSyncOf, holdOf, isBusy, outOfSyncCount, shortRevision } from '../application-row.ts';
import { refreshApplication, resumeApplication } from '../commands.ts';
import { DiffTab } from '../diff/diff-tab.tsx';
import { EventsList } from '../events-list.tsx';
import { HistoryTab } from '../history/history-tab.tsx';
import { useLiveApplication } from '../live.ts';
import { LogsTab } from '../logs/logs-tab.tsx';
import { OperationTab } from '../operation/operation-tab.tsx';
import { TerminateDialog } from '../operation/terminate-dialog.tsx';
import { asksForConfirmation } from '../operation-wait.ts';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import { ResourcesTab } from '../resources/resources-tab.tsx';
import type { ApplicationSearch, ApplicationTab } from '../search.ts';
import { isClosedFor } from '../sync-windows.ts';
import { conditionAdvice, isErrorCondition } from './condition-advice.ts';
import { ConfirmBanner } from './confirm-banner.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { DetailsTab } from './details-tab.tsx';
import classes from './page.module.css';
import { Tiles } from './tiles.tsx';
import { type Segment, truthSentence } from './truth-sentence.ts';

const SyncDialog = lazy(() => import('../sync/sync-dialog.tsx'));
const RollbackDialog = lazy(() => import('../sync/rollback-dialog.tsx'));
const ResourceDrawer = lazy(() => import('../drawer/resource-drawer.tsx'));

type Change = Partial<{ [K in keyof ApplicationSearch]: ApplicationSearch[K] | undefined }>;

interface ApplicationPageProps {
  applicationKey: ApplicationKey;
  search: ApplicationSearch;
  onSearch: (change: Change) => void;
}

export function ApplicationPage({ applicationKey: key, search, onSearch }: ApplicationPageProps) {
  useDocumentTitle(`${key.name} · Lockstep`);
  useLiveApplication(key);
  const application = useQuery(applicationQueries.detail(key));
  const navigate = useNavigate();
  if (application.isError && !application.data)
    return (
      <div className={classes.page}>
        <Crumbs name={key.name} />
        <h1 className="visually-hidden">{key.name}</h1>
        <Panel>
          <ErrorState
            error={application.error}
            what={
              application.error instanceof ApiError && application.error.notFound
                ? `${key.namespace}/${key.name}; it may have been deleted`
                : `the application ${key.name}`
            }
            retry={() => void application.refetch()}
          />
        </Panel>
      </div>
    );
  if (!application.data) return <PageSkeleton name={key.name} />;
  const app = application.data;
  const tab = search.tab ?? 'resources';
  const openNode = (node: string) => onSearch({ node, pane: undefined });
  const openTab = (next: ApplicationTab) =>
    onSearch({ tab: next === 'resources' ? undefined : next, compare: undefined, file: undefined });
  const count = outOfSyncCount(app);

  return (
    <div className={classes.page}>
      <Crumbs name={key.name} project={app.spec.project} />
      <Header applicationKey={key} app={app} onSearch={onSearch} onTab={openTab} />
      <ConfirmBanner applicationKey={key} app={app} />
      <HoldBanner applicationKey={key} app={app} onSearch={onSearch} />
      <Conditions app={app} />
      <Tiles applicationKey={key} app={app} onTab={openTab} onNode={openNode} />
      <Tabs value={tab} onChange={(value) => openTab(value as ApplicationTab)}>
        <div className={classes.tabBar}>
          <TabStrip open={tab}>
            <Tabs.Tab value="resources">Resources</Tabs.Tab>
            <Tabs.Tab
              value="diff"
              rightSection={count > 0 ? <span className={classes.tabCount}>{count}</span> : undefined}
            >
              Diff
            </Tabs.Tab>
            <Tabs.Tab value="operation">Operation</Tabs.Tab>
            <Tabs.Tab value="history">History</Tabs.Tab>
            <Tabs.Tab value="events">Events</Tabs.Tab>
            <Tabs.Tab value="logs">Logs</Tabs.Tab>
            <Tabs.Tab value="details">Details</Tabs.Tab>
          </TabStrip>
        </div>
        <div className={classes.panel}>
          <PanelBoundary key={tab} what="this tab">
            <Tabs.Panel value="resources">
              <ResourcesTab applicationKey={key} app={app} search={search} onSearch={onSearch} />
            </Tabs.Panel>
            <Tabs.Panel value="diff">
              <DiffTab applicationKey={key} app={app} search={search} onSearch={onSearch} />
            </Tabs.Panel>
            <Tabs.Panel value="operation">
              <OperationTab applicationKey={key} app={app} onOpen={openNode} onPlan={() => onSearch({ plan: true })} />
            </Tabs.Panel>
            <Tabs.Panel value="history">
              <HistoryTab applicationKey={key} app={app} search={search} onSearch={onSearch} />
            </Tabs.Panel>
            <Tabs.Panel value="events">
              <Panel>
                <EventsList applicationKey={key} />
              </Panel>
            </Tabs.Panel>
            <Tabs.Panel value="logs">
              <LogsTab applicationKey={key} app={app} search={search} onSearch={onSearch} />
            </Tabs.Panel>
            <Tabs.Panel value="details">
              <DetailsTab applicationKey={key} app={app} />
            </Tabs.Panel>
          </PanelBoundary>
        </div>
      </Tabs>
      <Suspense>
        {search.node && (
          <ResourceDrawer applicationKey={key} app={app} node={search.node} search={search} onSearch={onSearch} />
        )}
        {search.plan && <SyncDialog applicationKey={key} onClose={() => onSearch({ plan: undefined })} />}
        {search.rollback !== undefined && (
          <RollbackDialog applicationKey={key} id={search.rollback} onClose={() => onSearch({ rollback: undefined })} />
        )}
      </Suspense>
      {search.delete && (
        <DeleteDialog
          applicationKey={key}
          app={app}
          onClose={() => onSearch({ delete: undefined })}
          onDeleted={() => void navigate({ to: '/applications' })}
        />
      )}
    </div>
  );
}

function Crumbs({ name, project }: { name: string; project?: string }) {
  return (
    <nav className={classes.crumbs} aria-label="Breadcrumb">
      <Link to="/applications">Applications</Link>
      {project && (
        <>
          <span aria-hidden="true">/</span>
          <Link to="/applications" search={{ q: `project:${project}` }}>
            {project}
          </Link>
        </>
      )}
      <span aria-hidden="true">/</span>
      <span aria-current="page" title={name}>
        {name}
      </span>
    </nav>
  );
}

interface HeaderProps {
  applicationKey: ApplicationKey;
  app: Application;
  onSearch: (change: Change) => void;
  onTab: (tab: ApplicationTab) => void;
}

function Header({ applicationKey: key, app, onSearch, onTab }: HeaderProps) {
  const now = useNow();
  const [terminating, setTerminating] = useState(false);
  const [refreshing, setRefreshing] = useState<'normal' | 'hard'>();
  const queryClient = useQueryClient();
  const deployed = app.status?.history?.at(-1)?.revision ?? '';
  const running = useQuery(applicationQueries.revision(key, deployed));
  const busy = isBusy(app);
  const count = outOfSyncCount(app);
  const windows = useQuery(applicationQueries.syncWindows(key));
  const going = app.metadata.deletionTimestamp ? 'The application is being deleted.' : undefined;
  const syncDenied = going ?? permission(app, 'sync');
  const rollbackDenied = going ?? permission(app, 'rollback');
  const deleteDenied = permission(app, 'delete');
  const history = app.status?.history ?? [];
  const previous = history.at(-2);

  const refresh = (mode: 'normal' | 'hard') => {
    setRefreshing(mode);
    refreshApplication(key, mode)
      .then((fresh) => {
        queryClient.setQueryData(applicationQueries.detail(key).queryKey, (before) =>
          before ? ({ ...before, ...fresh, can: fresh.can ?? before.can } as Application) : fresh,
        );
        void queryClient.invalidateQueries({ queryKey: applicationQueries.all(key) });
      })
      .catch((error: unknown) => failed('Could not refresh', error))
      .finally(() => setRefreshing(undefined));
  };
  const plan = () => !syncDenied && onSearch({ plan: true });
  useShortcuts([
    { keys: 's', title: 'Plan a sync', group: 'This application', run: plan },
    { keys: 'r', title: 'Refresh', group: 'This application', run: () => refresh('normal') },
    { keys: 'Shift+R', title: 'Hard refresh', group: 'This application', run: () => refresh('hard') },
    { keys: 'd', title: 'Differences', group: 'This application', run: () => onTab('diff') },
    { keys: 'h', title: 'History', group: 'This application', run: () => onTab('history') },
    { keys: 'l', title: 'Logs', group: 'This application', run: () => onTab('logs') },
    { keys: 'e', title: 'Events', group: 'This application', run: () => onTab('events') },
    {
      keys: 'b',
      title: 'Roll back',
      group: 'This application',
      run: () => !rollbackDenied && previous && onSearch({ rollback: previous.id }),
    },
  ]);

  return (
    <header className={classes.head}>
      <div className={classes.headText}>
        <h1>{app.metadata.name}</h1>
        <p className={classes.truth}>
          <Truth segments={truthSentence(app, running.data, now, !isClosedFor('automated', windows.data))} />
        </p>
      </div>
      <div className={classes.actions}>
        {busy ? (
          <Button leftSection={<StatusIcon tone="progressing" />} onClick={() => onTab('operation')}>
            Watch operation
          </Button>
        ) : (
          <Tooltip
            label={syncDenied ?? 'See the plan, then apply it'}
            events={{ hover: true, focus: true, touch: syncDenied !== undefined }}
          >
            <Button leftSection={<IconPlayerPlay size={16} />} aria-disabled={syncDenied !== undefined} onClick={plan}>
              {count > 0 ? `Sync ${count === 1 ? '1 change' : `${count} changes`}` : 'Sync'}
            </Button>
          </Tooltip>
        )}
        <Button.Group visibleFrom="sm">
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} />}
            loading={refreshing !== undefined}
            onClick={() => refresh('normal')}
          >
            Refresh
          </Button>
          <Menu width={250}>
            <Menu.Target>
              <Button variant="default" px={8} aria-label="More ways to refresh">
                <IconChevronDown size={16} />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconRefresh size={16} />} onClick={() => refresh('normal')}>
                Refresh: compare with Git now
              </Menu.Item>
              <Menu.Item leftSection={<IconRefreshAlert size={16} />} onClick={() => refresh('hard')}>
                Hard refresh: render anew, too
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Button.Group>
        <Button
          variant="default"
          leftSection={<IconHistory size={16} />}
          onClick={() => onTab('history')}
          visibleFrom="sm"
        >
          History
        </Button>
        <Menu width={240}>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="More actions">
              <IconDotsVertical size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconRefresh size={16} />} hiddenFrom="sm" onClick={() => refresh('normal')}>
              Refresh
            </Menu.Item>
            <Menu.Item leftSection={<IconRefreshAlert size={16} />} hiddenFrom="sm" onClick={() => refresh('hard')}>
              Hard refresh
            </Menu.Item>
            <Menu.Item
              leftSection={<IconArrowBackUp size={16} />}
              disabled={rollbackDenied !== undefined || !previous}
              onClick={() => previous && onSearch({ rollback: previous.id })}
            >
              Roll back{previous ? ` to deployment ${previous.id}` : ''}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconPlayerStop size={16} />}
              disabled={!busy || syncDenied !== undefined}
              onClick={() => setTerminating(true)}
            >
              Terminate operation
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} />}
              disabled={deleteDenied !== undefined}
              onClick={() => onSearch({ delete: true })}
            >
              Delete
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <TerminateDialog applicationKey={key} opened={terminating} onClose={() => setTerminating(false)} />
    </header>
  );
}

function Truth({ segments }: { segments: Segment[] }) {
  return segments.map((segment, index) =>
    typeof segment === 'string' ? (
      segment
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence never move
      <code key={index} title={segment.revision}>
        {shortRevision(segment.revision)}
      </code>
    ),
  );
}

function failed(title: string, error: unknown): void {
  notifications.show({
    color: 'red',
    autoClose: false,
    title,
    message: describeError(error),
  });
}

const resumeWords: Record<string, string> = {
  manual: 'until someone resumes it',
  'next-commit': 'until the next commit',
};

function HoldBanner({
  applicationKey: key,
  app,
  onSearch,
}: {
  applicationKey: ApplicationKey;
  app: Application;
  onSearch: (change: Change) => void;
}) {
  const [confirming, setConfirming] = useState(false);
  const hold = holdOf(app);
  const denied = permission(app, 'rollback');
  if (!hold) return null;
  const resume = () => {
    setConfirming(false);
    resumeApplication(key).catch((error: unknown) => failed('Could not resume', error));
  };
  const auto = app.spec.syncPolicy?.automated !== undefined;
  return (
    <section className={classes.hold} aria-label="Held">
      <IconPlayerPause size={20} aria-hidden="true" />
      <p>
        <b>Held{hold.at ? ` at deployment ${hold.historyId}` : ''}</b>
        {hold.by && ` by ${hold.by}`} {hold.at && <RelativeTime value={hold.at} />},{' '}
        {hold.resume
          ? (resumeWords[hold.resume] ?? `until ${new Date(hold.resume).toLocaleString()}`)
          : 'until someone resumes it'}
        {hold.reason && (
          <>
            : <i>{hold.reason}</i>
          </>
        )}
      </p>
      {hold.at && (
        <Button size="xs" variant="default" onClick={() => onSearch({ tab: 'diff' })}>
          What waits
        </Button>
      )}
      <Tooltip label={denied ?? 'Automatic sync goes on'}>
        <Button size="xs" aria-disabled={denied !== undefined} onClick={() => !denied && setConfirming(true)}>
          Resume
        </Button>
      </Tooltip>
      <Modal opened={confirming} onClose={() => setConfirming(false)} title="Resume automatic sync?">
        <p>
          {auto && autoSyncOf(app) === 'held'
            ? `What Git wants now is applied at once: ${outOfSyncCount(app) === 1 ? '1 resource differs' : `${outOfSyncCount(app) || 'no'} resources differ`}.`
            : 'The hold ends; nothing is applied by itself.'}
        </p>
        <div className={classes.dialogFoot}>
          <Button variant="default" data-autofocus onClick={() => setConfirming(false)}>
            Keep holding
          </Button>
          <Button onClick={resume}>Resume</Button>
        </div>
      </Modal>
    </section>
  );
}

function Conditions({ app }: { app: Application }) {
  const seen = new Set<string>();
  const conditions = (app.status?.conditions ?? []).filter((condition) => {
    const id = `${condition.type} ${condition.message}`;
    // The banner that asks says it.
    if (seen.has(id) || asksForConfirmation(condition)) return false;
    seen.add(id);
    return true;
  });
  return conditions.map((condition) => {
    const advice = conditionAdvice(condition);
    const bad = isErrorCondition(condition);
    return (
      <section
        key={`${condition.type} ${condition.message}`}
        className={classes.condition}
        {...(bad && { 'data-bad': true })}
        aria-label={condition.type}
      >
        <StatusIcon tone={bad ? 'degraded' : 'outofsync'} size={17} />
        <div>
          <b>{condition.type}</b>{' '}
          <span className={classes.dim}>
            <RelativeTime value={condition.lastTransitionTime} />
          </span>
          <p>{condition.message}</p>
          {advice && <p className={classes.advice}>{advice}</p>}
        </div>
        <CopyButton value={`${condition.type}: ${condition.message}`} label="Copy" />
      </section>
    );
  });
}

function PageSkeleton({ name }: { name: string }) {
  return (
    <div className={classes.page} role="status" aria-label={`Loading ${name}`}>
      <Crumbs name={name} />
      <div>
        <Skeleton height={28} width={260} mb={10} />
        <Skeleton height={14} width="52%" />
      </div>
      <div className={classes.tiles}>
        {['a', 'b', 'c', 'd'].map((each) => (
          <div key={each} className={classes.tile}>
            <Skeleton height={10} width={60} mb={6} />
            <Skeleton height={16} width={120} mb={6} />
            <Skeleton height={10} width="70%" />
          </div>
        ))}
      </div>
      <Skeleton height={420} radius={11} />
    </div>
  );
}
