import { Select } from '@mantine/core';
import { IconLock, IconTerminal2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Panel, PanelState } from '../../../components/panel.tsx';
import type { Application, KubernetesObject } from '../../../lib/api-types.ts';
import { permission } from '../permission.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import type { ApplicationSearch } from '../search.ts';
import { LogViewer } from './log-viewer.tsx';

interface LogsTabProps {
  applicationKey: ApplicationKey;
  app: Application;
  search: ApplicationSearch;
  onSearch: (change: Partial<{ [K in keyof ApplicationSearch]: ApplicationSearch[K] | undefined }>) => void;
}

/** Logs of the whole application, or of one Pod of it. */
export function LogsTab({ applicationKey, app, search, onSearch }: LogsTabProps) {
  const tree = useQuery(applicationQueries.tree(applicationKey));
  const pods = (tree.data?.nodes ?? []).filter((node) => node.kind === 'Pod');
  const chosen = pods.find((pod) => pod.name === search.pod);
  const live = useQuery({
    ...applicationQueries.resource(applicationKey, chosen ?? { kind: 'Pod', name: '' }),
    enabled: chosen !== undefined,
  });
  const denied = permission(app, 'logs');
  if (denied)
    return (
      <Panel>
        <PanelState icon={<IconLock size={22} />} title="You may not read these logs">
          {denied}
        </PanelState>
      </Panel>
    );
  if (tree.isSuccess && pods.length === 0)
    return (
      <Panel>
        <PanelState icon={<IconTerminal2 size={22} />} title="No Pods">
          The application has no Pods now, so there is nothing that logs.
        </PanelState>
      </Panel>
    );
  const containers = containerNames(live.data);
  return (
    <Panel>
      <div style={{ display: 'flex', gap: 8, padding: '12px 12px 0' }}>
        <Select
          size="xs"
          aria-label="Pod"
          w={320}
          searchable
          data={[
            { value: '', label: `All ${pods.length} Pods` },
            ...pods.map((pod) => ({ value: pod.name, label: pod.name })),
          ]}
          value={search.pod ?? ''}
          allowDeselect={false}
          onChange={(value) => onSearch({ pod: value || undefined, container: undefined })}
        />
      </div>
      <div style={{ height: 'clamp(380px, calc(100dvh - 420px), 860px)' }}>
        <LogViewer
          applicationKey={applicationKey}
          target={chosen ? { podName: chosen.name, namespace: chosen.namespace } : {}}
          containers={containers}
          container={search.container ?? containers[0]}
          onContainer={(container) => onSearch({ container })}
          fileName={search.pod ?? app.metadata.name}
        />
      </div>
    </Panel>
  );
}

/** Containers first, then those that run before them. */
export function containerNames(pod: KubernetesObject | null | undefined): string[] {
  const spec = pod?.['spec'] as { containers?: { name: string }[]; initContainers?: { name: string }[] } | undefined;
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map((each) => each.name);
}
