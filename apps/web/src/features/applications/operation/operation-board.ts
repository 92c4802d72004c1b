import type { Application, ResourceRef } from '../../../lib/api-types.ts';
import type { Tone } from '../../../lib/status.ts';
import { resourceId } from '../resource-id.ts';

export type CardState = 'failed' | 'waiting' | 'queued' | 'done' | 'pruned' | 'skipped';

interface OperationCard {
  id: string;
  ref: ResourceRef;
  state: CardState;
  message: string;
  hookType?: string | undefined;
}

interface OperationWave {
  wave: number;
  cards: OperationCard[];
}

export interface OperationBoard {
  phases: { phase: string; waves: OperationWave[] }[];
  /** Why a running operation does not go on, in one line. */
  blockedBy?: string | undefined;
  done: number;
  total: number;
}

const phaseOrder = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];
const stateOrder: CardState[] = ['failed', 'waiting', 'queued', 'done', 'pruned', 'skipped'];

export const cardTone: Record<CardState, Tone> = {
  failed: 'degraded',
  waiting: 'progressing',
  queued: 'unknown',
  done: 'healthy',
  pruned: 'prune',
  skipped: 'suspended',
};
export const cardWord: Record<CardState, string> = {
  failed: 'Failed',
  waiting: 'Waiting',
  queued: 'Queued',
  done: 'Done',
  pruned: 'Pruned',
  skipped: 'Left alone',
};

/** The last or running operation as phases, waves and resources, failed ones first. */
export function operationBoard(app: Application): OperationBoard {
  const state = app.status?.operationState;
  const resources = app.status?.resources ?? [];
  const byId = new Map(resources.map((resource) => [resourceId(resource), resource]));
  const running = state?.phase === 'Running' || state?.phase === 'Terminating';
  const placed: { phase: string; wave: number; card: OperationCard }[] = [];

  for (const result of state?.syncResult?.resources ?? []) {
    const id = resourceId(result);
    const health = byId.get(id)?.health;
    const card: OperationCard = {
      id,
      ref: result,
      hookType: result.hookType,
      state: 'done',
      message: result.message ?? '',
    };
    if (result.status === 'SyncFailed' || result.hookPhase === 'Failed' || result.hookPhase === 'Error')
      card.state = 'failed';
    else if (result.status === 'Pruned') card.state = 'pruned';
    else if (result.status === 'PruneSkipped') card.state = 'skipped';
    else if (running && result.hookPhase === 'Running') {
      card.state = 'waiting';
      card.message = health?.message || card.message;
    }
    placed.push({ phase: result.syncPhase || result.hookType || 'Sync', wave: byId.get(id)?.syncWave ?? 0, card });
  }

  if (running && !state?.operation.sync?.resources) {
    const known = new Set(placed.map(({ card }) => card.id));
    for (const resource of resources)
      if (!known.has(resourceId(resource)) && !resource.hook)
        placed.push({
          phase: 'Sync',
          wave: resource.syncWave ?? 0,
          card: { id: resourceId(resource), ref: resource, state: 'queued', message: '' },
        });
  }

  const phases = phaseOrder.flatMap((phase) => {
    const inPhase = placed.filter((each) => each.phase === phase);
    if (inPhase.length === 0) return [];
    const waves = [...new Set(inPhase.map((each) => each.wave))]
      .sort((a, b) => a - b)
      .map((wave) => ({
        wave,
        cards: inPhase
          .filter((each) => each.wave === wave)
          .map((each) => each.card)
          .sort(
            (a, b) =>
              stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) ||
              a.ref.kind.localeCompare(b.ref.kind) ||
              a.ref.name.localeCompare(b.ref.name),
          ),
      }));
    return [{ phase, waves }];
  });

  return {
    phases,
    blockedBy: running ? blockedBy(phases) : undefined,
    done: placed.filter(({ card }) => card.state === 'done' || card.state === 'pruned' || card.state === 'skipped')
      .length,
    total: placed.length,
  };
}

function blockedBy(phases: OperationBoard['phases']): string | undefined {
  for (const { phase, waves } of phases)
    for (const { wave, cards } of waves) {
      const waiting = cards.filter((card) => card.state === 'waiting');
      const first = waiting[0];
      if (!first) continue;
      const others = waiting.length > 1 ? ` and ${waiting.length - 1} more` : '';
      return `${phase} wave ${wave} waits for ${first.ref.kind} ${first.ref.name}${others}${first.message ? `: ${first.message}` : ''}`;
    }
  return undefined;
}
