import type { Application } from '../application/application.ts';
import type { Comparison, Condition } from '../compare/comparison.ts';
import type { DiffSettings } from '../diff/diff-settings.ts';
import { explainDrift } from '../diff/explain-drift.ts';
import { describeResourceKey } from '../kubernetes/resource-key.ts';
import type { Settings } from '../settings/settings.ts';

/** Heals in a row from which on it is a fight and not an accident. */
const LOOP_ATTEMPTS = 3;
/** Fields named before the rest is counted. */
const NAMED_FIELDS = 3;

/**
 * Tells when self-heal and somebody else keep overwriting each other: which field, by whom, and the rule that ends it.
 * The words do not depend on the count, and the condition stays while the last heal is recent, so that it neither
 * flickers nor causes writes of its own. Values are never part of it.
 */
export function selfHealLoop(input: {
  application: Application;
  comparison: Comparison;
  diffSettings: DiffSettings;
  settings: Pick<Settings, 'selfHeal'>;
  now: Date;
}): Condition | undefined {
  const { application, now, settings } = input;
  const last = application.status?.operationState;
  if ((last?.operation.sync?.autoHealAttemptsCount ?? 0) < LOOP_ATTEMPTS || last?.phase !== 'Succeeded')
    return undefined;
  const finishedAt = Date.parse(last.finishedAt ?? '');
  if (Number.isNaN(finishedAt) || now.getTime() - finishedAt > settings.selfHeal.backoff.capSeconds * 1000)
    return undefined;
  const message = describeFight(input);
  if (message !== undefined) return { type: 'SelfHealLoopWarning', message };
  const earlier = application.status?.conditions?.find(({ type }) => type === 'SelfHealLoopWarning');
  return earlier === undefined ? undefined : { type: 'SelfHealLoopWarning', message: earlier.message };
}

/** What differs right now; undefined between two rounds. */
function describeFight({
  comparison,
  diffSettings,
}: {
  comparison: Comparison;
  diffSettings: DiffSettings;
}): string | undefined {
  const fields = comparison.resources.flatMap(
    ({ key, target, live, isHook, status, normalizedLive, predictedLive }) => {
      if (isHook || status !== 'OutOfSync' || target === undefined || live === undefined) return [];
      const ignoredSides =
        normalizedLive === undefined || predictedLive === undefined
          ? undefined
          : { live: normalizedLive, predicted: predictedLive };
      return explainDrift({ target, live, predicted: predictedLive, settings: diffSettings, ignoredSides })
        .filter(({ verdict }) => verdict !== 'Ignored')
        .map(
          ({ path, manager }) =>
            `${describeResourceKey(key)} ${path}${manager === undefined ? '' : ` (written by ${manager})`}`,
        );
    },
  );
  if (fields.length === 0) return undefined;
  const named = fields.slice(0, NAMED_FIELDS).join(', ');
  const more = fields.length > NAMED_FIELDS ? ` and ${fields.length - NAMED_FIELDS} more fields` : '';
  return `Self-heal and another writer keep overwriting each other: ${named}${more}. Add the field to spec.ignoreDifferences, or stop the other writer`;
}
