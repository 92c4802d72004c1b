import { Skeleton } from '@mantine/core';
import { KindIcon } from '../../../components/kind-icon.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { StatusIcon } from '../../../components/status-icon.tsx';
import { useNow } from '../../../hooks/use-now.ts';
import type { KubernetesObject } from '../../../lib/api-types.ts';
import { healthTone } from '../../../lib/status.ts';
import type { ResourceItem } from '../resources/build-tree.ts';
import classes from './drawer.module.css';
import { containerSummaries } from './pod-summary.ts';

interface SummaryPaneProps {
  item: ResourceItem | undefined;
  owner: ResourceItem | undefined;
  live: KubernetesObject | null | undefined;
  loading: boolean;
  onOpen: (id: string) => void;
}

interface StatusCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export function SummaryPane({ item, owner, live, loading, onOpen }: SummaryPaneProps) {
  const now = useNow();
  const status = (live?.['status'] ?? {}) as {
    conditions?: StatusCondition[];
    replicas?: number;
    readyReplicas?: number;
    podIP?: string;
  };
  const spec = (live?.['spec'] ?? {}) as { replicas?: number; nodeName?: string };
  const labels = Object.entries(live?.metadata.labels ?? {});
  const conditions = status.conditions ?? [];
  return (
    <>
      <section className={classes.section}>
        <h3>Facts</h3>
        {!loading && !live && item?.health?.status === 'Missing' && (
          <p className={classes.absent}>It is not in the cluster. Git asks for it; a sync creates it.</p>
        )}
        {loading ? (
          <Skeleton height={64} />
        ) : (
          <dl className={classes.facts}>
            {live?.apiVersion && <Fact name="API version">{live.apiVersion}</Fact>}
            {live?.metadata.creationTimestamp && (
              <Fact name="Created">
                <RelativeTime value={live.metadata.creationTimestamp} />
              </Fact>
            )}
            {spec.replicas !== undefined && (
              <Fact name="Replicas">
                {isCounted(live) ? `${status.readyReplicas ?? 0} of ${spec.replicas} ready` : spec.replicas}
              </Fact>
            )}
            {spec.nodeName && <Fact name="Node">{spec.nodeName}</Fact>}
            {status.podIP && <Fact name="Address">{status.podIP}</Fact>}
            {item?.sync && <Fact name="Wave">{item.wave}</Fact>}
            {(item?.images ?? []).length > 0 && (
              <Fact name="Images">
                {item?.images.map((image) => (
                  <div key={image}>
                    <code>{image}</code>
                  </div>
                ))}
              </Fact>
            )}
            {labels.length > 0 && (
              <Fact name="Labels">
                {labels.map(([name, value]) => (
                  <div key={name}>
                    <code>
                      {name}={value}
                    </code>
                  </div>
                ))}
              </Fact>
            )}
          </dl>
        )}
      </section>
      {live?.kind === 'Pod' && (
        <section className={classes.section}>
          <h3>Containers</h3>
          {containerSummaries(live, now).map((container) => (
            <div key={container.name} className={classes.item}>
              <StatusIcon tone={container.ok ? 'healthy' : 'degraded'} label={container.ok ? 'Ready' : 'Not ready'} />
              <div>
                <b>{container.name}</b> <span className={classes.dim}>{container.image}</span>
                <div>{container.text}</div>
              </div>
            </div>
          ))}
        </section>
      )}
      {conditions.length > 0 && (
        <section className={classes.section}>
          <h3>Conditions</h3>
          {conditions.map((condition) => (
            <div key={condition.type} className={classes.item}>
              <StatusIcon tone={conditionOk(condition) ? 'healthy' : 'degraded'} label={condition.status} />
              <div>
                <b>{condition.type}</b>{' '}
                <span className={classes.dim}>
                  {condition.status} <RelativeTime value={condition.lastTransitionTime} />
                </span>
                <div>{condition.message || condition.reason}</div>
              </div>
            </div>
          ))}
        </section>
      )}
      {(owner || (item?.children.length ?? 0) > 0) && (
        <section className={classes.section}>
          <h3>Related</h3>
          {owner && <Related item={owner} relation="owner" onOpen={onOpen} />}
          {item?.children.slice(0, 30).map((child) => (
            <Related key={child.id} item={child} relation="owned" onOpen={onOpen} />
          ))}
        </section>
      )}
    </>
  );
}

/** Whether the kind says how many of its replicas are ready; a custom resource need not. */
function isCounted(live: KubernetesObject | null | undefined): boolean {
  const status = (live?.['status'] ?? {}) as { replicas?: number; readyReplicas?: number };
  return (
    live?.apiVersion?.startsWith('apps/') === true ||
    status.replicas !== undefined ||
    status.readyReplicas !== undefined
  );
}

/** Most conditions are good when true; those named after a trouble are good when false. */
function conditionOk({ type, status }: StatusCondition): boolean {
  const bad = /Failure|Failed|Pressure|Unavailable|Degraded|Stalled|Suspended/.test(type);
  return (status === 'True') !== bad;
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Related({ item, relation, onOpen }: { item: ResourceItem; relation: string; onOpen: (id: string) => void }) {
  return (
    <div className={classes.item}>
      <KindIcon kind={item.ref.kind} />
      <div style={{ flex: 1 }}>
        <button type="button" className={classes.linkButton} onClick={() => onOpen(item.id)}>
          {item.ref.name}
        </button>{' '}
        <span className={classes.dim}>
          {item.ref.kind}, {relation}
        </span>
      </div>
      {item.health?.status && <StatusIcon tone={healthTone(item.health.status)} label={item.health.status} />}
    </div>
  );
}
