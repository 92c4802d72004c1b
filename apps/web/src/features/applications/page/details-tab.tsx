import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CodeEditor, CodeLoading } from '../../../components/code/lazy-code.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { ErrorState, Panel } from '../../../components/panel.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { TabStrip } from '../../../components/tab-strip.tsx';
import type { Application, ApplicationSource } from '../../../lib/api-types.ts';
import { toYaml, withoutBookkeeping } from '../../../lib/yaml.ts';
import { clusterLabel } from '../application-row.ts';
import { type ApplicationKey, applicationQueries } from '../queries.ts';
import classes from './page.module.css';

/** What the application is made of: its facts, its parameters, its own manifest and what it renders to. */
export function DetailsTab({ applicationKey: key, app }: { applicationKey: ApplicationKey; app: Application }) {
  const [open, setOpen] = useState<string | null>('facts');
  return (
    <Panel>
      <Tabs value={open} onChange={setOpen}>
        <TabStrip open={open} aria-label="Details">
          <Tabs.Tab value="facts">Facts</Tabs.Tab>
          <Tabs.Tab value="parameters">Parameters</Tabs.Tab>
          <Tabs.Tab value="manifest">Application manifest</Tabs.Tab>
          <Tabs.Tab value="rendered">Rendered manifests</Tabs.Tab>
        </TabStrip>
        <Tabs.Panel value="facts">
          <Facts app={app} />
        </Tabs.Panel>
        <Tabs.Panel value="parameters">
          {sourcesOf(app).map((source) => (
            <Parameters key={`${source.repoURL} ${source.path ?? source.chart ?? source.ref ?? ''}`} source={source} />
          ))}
        </Tabs.Panel>
        <Tabs.Panel value="manifest">
          <Yaml
            text={toYaml(
              withoutBookkeeping({
                apiVersion: 'argoproj.io/v1alpha1',
                kind: 'Application',
                metadata: app.metadata,
                spec: app.spec,
              }),
            )}
            label="Application manifest"
          />
        </Tabs.Panel>
        <Tabs.Panel value="rendered">
          <Rendered applicationKey={key} />
        </Tabs.Panel>
      </Tabs>
    </Panel>
  );
}

const sourcesOf = (app: Application): ApplicationSource[] =>
  app.spec.sources ?? (app.spec.source ? [app.spec.source] : []);

function Facts({ app }: { app: Application }) {
  const { metadata, spec, status } = app;
  return (
    <dl className={classes.factList}>
      <Fact name="Project">{spec.project}</Fact>
      <Fact name="Namespace of the Application">{metadata.namespace}</Fact>
      <Fact name="Created">
        <RelativeTime value={metadata.creationTimestamp} />
      </Fact>
      {sourcesOf(app).map((source, index) => (
        <Fact key={`${source.repoURL} ${source.path ?? source.chart ?? ''}`} name={index === 0 ? 'Source' : ''}>
          <div>{source.repoURL}</div>
          <div className={classes.dim}>
            {source.chart ? `chart ${source.chart}` : `path ${source.path ?? '.'}`} at {source.targetRevision ?? 'HEAD'}
          </div>
        </Fact>
      ))}
      <Fact name="Source type">{status?.sourceType ?? 'Unknown'}</Fact>
      <Fact name="Destination">
        {clusterLabel(spec.destination)} / {spec.destination.namespace}
      </Fact>
      <Fact name="Last compared">
        <RelativeTime value={status?.reconciledAt} />
      </Fact>
      <Fact name="Sync options">{spec.syncPolicy?.syncOptions?.join(', ') || 'none'}</Fact>
      <Fact name="Retry">
        {spec.syncPolicy?.retry
          ? `up to ${spec.syncPolicy.retry.limit ?? 5} times, from ${spec.syncPolicy.retry.backoff?.duration ?? '5s'} to ${spec.syncPolicy.retry.backoff?.maxDuration ?? '3m'} apart`
          : 'none'}
      </Fact>
      <Fact name="Labels">{pairs(metadata.labels)}</Fact>
      <Fact name="Annotations">{pairs(metadata.annotations)}</Fact>
      <Fact name="Images">
        {(status?.summary?.images ?? []).map((image) => (
          <div key={image}>
            <code>{image}</code>
          </div>
        ))}
      </Fact>
      {(status?.summary?.externalURLs ?? []).length > 0 && (
        <Fact name="Addresses">
          {status?.summary?.externalURLs?.map((url) => (
            <div key={url}>
              <a href={url} target="_blank" rel="noreferrer">
                {url}
              </a>
            </div>
          ))}
        </Fact>
      )}
      {(spec.info ?? []).map((info) => (
        <Fact key={info.name} name={info.name}>
          {info.value}
        </Fact>
      ))}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children || <span className={classes.dim}>none</span>}</dd>
    </>
  );
}

function pairs(values: Record<string, string> | undefined): React.ReactNode {
  const entries = Object.entries(values ?? {});
  return entries.length === 0
    ? undefined
    : entries.map(([name, value]) => (
        <div key={name}>
          <code>
            {name}={value}
          </code>
        </div>
      ));
}

function Parameters({ source }: { source: ApplicationSource }) {
  const { helm, kustomize, directory, plugin } = source;
  const rows: [string, string][] = [
    ...(helm?.releaseName ? [['Release name', helm.releaseName] as [string, string]] : []),
    ...(helm?.valueFiles ?? []).map((file): [string, string] => ['Value file', file]),
    ...(helm?.parameters ?? []).map(({ name = '', value = '' }): [string, string] => [name, value]),
    ...(kustomize?.namePrefix ? [['Name prefix', kustomize.namePrefix] as [string, string]] : []),
    ...(kustomize?.nameSuffix ? [['Name suffix', kustomize.nameSuffix] as [string, string]] : []),
    ...(kustomize?.images ?? []).map((image): [string, string] => ['Image', image]),
    ...(directory?.recurse ? [['Recurse', 'yes'] as [string, string]] : []),
    ...(directory?.include ? [['Include', directory.include] as [string, string]] : []),
    ...(directory?.exclude ? [['Exclude', directory.exclude] as [string, string]] : []),
    ...(plugin?.name ? [['Plugin', plugin.name] as [string, string]] : []),
  ];
  return (
    <>
      <dl className={classes.factList}>
        <Fact name="Source">{source.repoURL}</Fact>
        {rows.length === 0 && !helm?.values && <Fact name="Parameters">{undefined}</Fact>}
        {rows.map(([name, value]) => (
          <Fact key={`${name} ${value}`} name={name}>
            <code>{value}</code>
          </Fact>
        ))}
      </dl>
      {helm?.values && <Yaml text={helm.values} label="Helm values" />}
    </>
  );
}

function Rendered({ applicationKey }: { applicationKey: ApplicationKey }) {
  const manifests = useQuery(applicationQueries.manifests(applicationKey));
  if (manifests.isError)
    return <ErrorState error={manifests.error} what="the rendered manifests" retry={() => void manifests.refetch()} />;
  if (manifests.isPending) return <CodeLoading />;
  const text = (manifests.data.manifests ?? []).map((manifest) => toYaml(JSON.parse(manifest))).join('---\n');
  return <Yaml text={text || '# Git asks for no resources at this revision.\n'} label="Rendered manifests" />;
}

function Yaml({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.yaml}>
      <div className={classes.copy}>
        <CopyButton value={text} label="Copy YAML" />
      </div>
      <CodeEditor value={text} label={label} />
    </div>
  );
}
