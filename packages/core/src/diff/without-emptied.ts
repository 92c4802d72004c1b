import { isJsonObject } from '@lockstep/structured-merge';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { DiffSides } from './ignore-differences.ts';

/**
 * Both sides without the maps that ignoring emptied, as long as the other side has nothing there either: an annotation
 * that is ignored must not leave `annotations: {}` against none as a difference of its own.
 */
export function withoutEmptied(before: DiffSides, after: DiffSides): DiffSides {
  if (before.live === after.live && before.predicted === after.predicted) return after;
  const [live, predicted] = settle(before.live, after.live, before.predicted, after.predicted);
  return live === after.live && predicted === after.predicted
    ? after
    : { live: live as KubernetesObject, predicted: predicted as KubernetesObject };
}

type Pair = [live: unknown, predicted: unknown];

function settle(liveBefore: unknown, live: unknown, predictedBefore: unknown, predicted: unknown): Pair {
  // Untouched below here on both sides.
  if (liveBefore === live && predictedBefore === predicted) return [live, predicted];
  const result: Pair = [live, predicted];
  for (const key of new Set([...keysOf(live), ...keysOf(predicted)])) {
    const was: Pair = [member(liveBefore, key), member(predictedBefore, key)];
    const now: Pair = [member(live, key), member(predicted, key)];
    const settled = settle(was[0], now[0], was[1], now[1]);
    const isEmptied = was.some((value) => keysOf(value).length > 0) && settled.every(isNothing);
    for (const side of [0, 1] as const)
      result[side] = withMember(result[side], key, isEmptied ? undefined : settled[side]);
  }
  return result;
}

function keysOf(value: unknown): string[] {
  return isJsonObject(value) ? Object.keys(value) : [];
}

function member(value: unknown, key: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isNothing(value: unknown): boolean {
  return value === undefined || (isJsonObject(value) && Object.keys(value).length === 0);
}

/** The object with this member, undefined for none; the object itself when that changes nothing. */
function withMember(object: unknown, key: string, value: unknown): unknown {
  if (!isJsonObject(object) || member(object, key) === value) return object;
  const { [key]: _, ...rest } = object;
  return value === undefined ? rest : { ...object, [key]: value };
}
