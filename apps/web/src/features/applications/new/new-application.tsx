import { Button, Checkbox, Drawer, Select, Tabs, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { CodeEditor } from '../../../components/code/lazy-code.tsx';
import { ApiError, api } from '../../../lib/api-client.ts';
import type { AppProject, Cluster, ItemList, Repository } from '../../../lib/api-types.ts';
import { fromYaml, toYaml } from '../../../lib/yaml.ts';
import { createApplication } from '../commands.ts';
import { applicationQueries } from '../queries.ts';
import { type ApplicationDraft, applicationToDraft, draftProblems, draftToApplication, emptyDraft } from './draft.ts';
import classes from './new.module.css';

interface NewApplicationProps {
  tab: 'form' | 'yaml';
  onTab: (tab: 'form' | 'yaml') => void;
  onClose: () => void;
}

/** The form and the YAML are two views of one draft. */
export default function NewApplication({ tab, onTab, onClose }: NewApplicationProps) {
  const [draft, setDraft] = useState<ApplicationDraft>(emptyDraft);
  const [text, setText] = useState(() => toYaml(draftToApplication(emptyDraft)));
  const [textError, setTextError] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const projects = useQuery({
    queryKey: ['projects'],
    queryFn: ({ signal }) => api.get<ItemList<AppProject>>('api/v1/projects', undefined, signal),
  });
  const clusters = useQuery({
    queryKey: ['clusters'],
    queryFn: ({ signal }) => api.get<ItemList<Cluster>>('api/v1/clusters', undefined, signal),
  });
  const repositories = useQuery({
    queryKey: ['repositories'],
    queryFn: ({ signal }) => api.get<ItemList<Repository>>('api/v1/repositories', undefined, signal),
  });

  const change = (part: Partial<ApplicationDraft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    setText(toYaml(draftToApplication(next)));
  };
  const changeText = (value: string) => {
    setText(value);
    try {
      setDraft(applicationToDraft(fromYaml(value)));
      setTextError(undefined);
    } catch (error) {
      setTextError(error instanceof Error ? error.message.split('\n')[0] : String(error));
    }
  };
  const problems = draftProblems(draft);
  const shown = tried ? problems : {};

  const create = async () => {
    setTried(true);
    if (Object.keys(problems).length > 0 || textError) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const app = await createApplication(tab === 'yaml' ? fromYaml(text) : draftToApplication(draft));
      void queryClient.invalidateQueries({ queryKey: applicationQueries.lists() });
      notifications.show({ color: 'gray', message: `${app.metadata.name} was created` });
      void navigate({
        to: '/applications/$namespace/$name',
        params: { namespace: app.metadata.namespace, name: app.metadata.name },
      });
    } catch (error) {
      setFailure(error instanceof ApiError ? [error.message, error.fix].filter(Boolean).join(' ') : String(error));
      setBusy(false);
    }
  };

  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={620}
      title="New application"
      closeButtonProps={{ 'aria-label': 'Close' }}
      styles={{ body: { height: 'calc(100dvh - 60px)', padding: 0 } }}
    >
      <div className={classes.page}>
        <Tabs
          value={tab}
          onChange={(value) => onTab(value === 'yaml' ? 'yaml' : 'form')}
          className={classes.tabs ?? ''}
        >
          <Tabs.List px={20}>
            <Tabs.Tab value="form">Form</Tabs.Tab>
            <Tabs.Tab value="yaml">YAML</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="form" className={classes.form ?? ''}>
            <fieldset>
              <legend>Application</legend>
              <TextInput
                label="Name"
                value={draft.name}
                error={shown.name}
                onChange={(event) => change({ name: event.currentTarget.value })}
                data-autofocus
              />
              <Select
                label="Project"
                data={names(projects.data?.items, (each) => each.metadata.name, draft.project)}
                value={draft.project}
                allowDeselect={false}
                onChange={(value) => change({ project: value ?? 'default' })}
                searchable
              />
            </fieldset>
            <fieldset>
              <legend>Source</legend>
              <TextInput
                label="Repository"
                description="A Git repository or a Helm repository"
                list="known-repositories"
                value={draft.repoURL}
                error={shown.repoURL}
                onChange={(event) => change({ repoURL: event.currentTarget.value })}
                placeholder="https://git.example.com/team/deploy.git"
              />
              <datalist id="known-repositories">
                {(repositories.data?.items ?? []).map((each) => (
                  <option key={each.repo} value={each.repo} />
                ))}
              </datalist>
              <div className={classes.pair}>
                <TextInput
                  label="Path"
                  description="Of manifests, a chart or a kustomization"
                  value={draft.path}
                  error={shown.path}
                  onChange={(event) => change({ path: event.currentTarget.value })}
                  placeholder="apps/shop"
                />
                <TextInput
                  label="Revision"
                  description="Branch, tag, commit or chart version"
                  value={draft.targetRevision}
                  onChange={(event) => change({ targetRevision: event.currentTarget.value })}
                  placeholder="HEAD"
                />
              </div>
              <TextInput
                label="Chart"
                description="Only for a Helm repository, instead of a path"
                value={draft.chart}
                onChange={(event) => change({ chart: event.currentTarget.value })}
              />
            </fieldset>
            <fieldset>
              <legend>Destination</legend>
              <div className={classes.pair}>
                <Select
                  label="Cluster"
                  data={names(clusters.data?.items, (each) => each.name || each.server, draft.cluster)}
                  value={draft.cluster || null}
                  error={shown.cluster}
                  onChange={(value) => change({ cluster: value ?? '' })}
                  searchable
                />
                <TextInput
                  label="Namespace"
                  value={draft.namespace}
                  onChange={(event) => change({ namespace: event.currentTarget.value })}
                />
              </div>
              <Checkbox
                label="Create the namespace when it is missing"
                checked={draft.createNamespace}
                onChange={(event) => change({ createNamespace: event.currentTarget.checked })}
              />
            </fieldset>
            <fieldset>
              <legend>Sync policy</legend>
              <Checkbox
                label="Sync automatically"
                description="Apply every new commit without asking"
                checked={draft.automated}
                onChange={(event) => change({ automated: event.currentTarget.checked })}
              />
              <Checkbox
                label="Prune"
                description="Delete what Git no longer has"
                checked={draft.prune}
                disabled={!draft.automated}
                onChange={(event) => change({ prune: event.currentTarget.checked })}
              />
              <Checkbox
                label="Self-heal"
                description="Undo changes made in the cluster"
                checked={draft.selfHeal}
                disabled={!draft.automated}
                onChange={(event) => change({ selfHeal: event.currentTarget.checked })}
              />
            </fieldset>
          </Tabs.Panel>
          <Tabs.Panel value="yaml" className={classes.yaml ?? ''}>
            <CodeEditor value={text} onChange={changeText} label="Application as YAML" />
          </Tabs.Panel>
        </Tabs>
        {(failure || textError || (tried && Object.keys(problems).length > 0)) && (
          <div className={classes.error} role="alert">
            <IconAlertTriangle size={16} />
            <span>{failure ?? textError ?? Object.values(problems).join(' ')}</span>
          </div>
        )}
        <footer className={classes.foot}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={busy} onClick={() => void create()}>
            Create
          </Button>
        </footer>
      </div>
    </Drawer>
  );
}

/** What can be chosen, always with what is chosen. */
function names<T>(items: T[] | null | undefined, name: (item: T) => string, current: string): string[] {
  return [...new Set([...(items ?? []).map(name), ...(current ? [current] : [])])];
}
