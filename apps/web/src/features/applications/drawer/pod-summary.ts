import type { KubernetesObject } from '../../../lib/api-types.ts';
import { formatAgo } from '../../../lib/time.ts';

interface ContainerState {
  running?: { startedAt?: string };
  waiting?: { reason?: string; message?: string };
  terminated?: { reason?: string; exitCode?: number; finishedAt?: string; message?: string };
}

export interface ContainerSummary {
  name: string;
  image: string;
  ok: boolean;
  text: string;
}

/** What each container of a Pod does, as a sentence: why it waits, how it ended, how often it was restarted. */
export function containerSummaries(pod: KubernetesObject, now: number): ContainerSummary[] {
  const spec = (pod['spec'] ?? {}) as { containers?: { name: string; image?: string }[] };
  const status = (pod['status'] ?? {}) as {
    containerStatuses?: {
      name: string;
      ready?: boolean;
      restartCount?: number;
      state?: ContainerState;
      lastState?: ContainerState;
    }[];
  };
  return (spec.containers ?? []).map(({ name, image = '' }) => {
    const current = status.containerStatuses?.find((each) => each.name === name);
    if (!current) return { name, image, ok: true, text: 'No status yet' };
    const ended = current.lastState?.terminated;
    const restarts = current.restartCount ?? 0;
    const history =
      restarts > 0
        ? `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}${ended ? `, last for ${ended.reason ?? 'an unknown reason'} (exit ${ended.exitCode ?? '?'})${ended.finishedAt ? ` ${formatAgo(ended.finishedAt, now)}` : ''}` : ''}`
        : '';
    return {
      name,
      image,
      ok: current.ready === true,
      text: `${describe(current.state ?? {}, current.ready === true, now)}${history}`,
    };
  });
}

function describe({ running, waiting, terminated }: ContainerState, ready: boolean, now: number): string {
  if (waiting) return `Waiting: ${waiting.reason ?? 'unknown'}${waiting.message ? `, ${waiting.message}` : ''}`;
  if (terminated) return `Ended: ${terminated.reason ?? 'unknown'} (exit ${terminated.exitCode ?? '?'})`;
  if (running)
    return `Running${ready ? '' : ', not ready'}${running.startedAt ? ` since ${formatAgo(running.startedAt, now)}` : ''}`;
  return 'No state yet';
}
