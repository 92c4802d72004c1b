import { equalJson, type ValueType } from '@lockstep/structured-merge';
import { ANNOTATION_TRACKING_ID } from '../kubernetes/annotations.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { resourceKeyOf } from '../kubernetes/resource-key.ts';
import type { TrackingSettings } from '../kubernetes/tracking.ts';
import { type DiffSettings, diffModeOf, rulesFor } from './diff-settings.ts';
import { type DiffSides, ignoreByJq, ignoreDifferences, needsJq } from './ignore-differences.ts';
import type { JqEvaluator } from './jq.ts';
import { normalizeObject } from './normalize.ts';
import { predictLive } from './predict-live.ts';
import type { Prediction } from './prediction.ts';
import { withoutEmptied } from './without-emptied.ts';

export interface DiffInput {
  target: KubernetesObject;
  live: KubernetesObject;
  /** What a dry run (or the cache) says; absent or failed: the merge is done here. */
  prediction?: Prediction | undefined;
  type?: ValueType | undefined;
  settings: DiffSettings;
  jq?: JqEvaluator | undefined;
  /** Fills the tracking annotation of a live object that only carries the label of earlier days. */
  tracking?: { settings: TrackingSettings; instanceName: string } | undefined;
}

/** One resource, compared. */
export interface ResourceDiff {
  modified: boolean;
  /** Both sides after every normaliser and ignore rule. */
  normalizedLive: KubernetesObject;
  predictedLive: KubernetesObject;
  /** Why the prediction is only a guess: the target does not fit the schema, or the dry run was refused. */
  problem?: string;
  /** Ignore rules that could not be used. */
  ruleProblems?: string[];
}

/**
 * Whether applying the target would change the live object, and how. Modified means that the normalised prediction and
 * the normalised live object differ. The result is remembered for the same objects, so an unchanged resource costs a
 * few map look-ups. Never throws because of an object: a target that cannot be merged counts as modified, with a problem.
 */
export function diffResource(input: DiffInput): ResourceDiff | Promise<ResourceDiff> {
  const known = remembered.get(input.live);
  if (known !== undefined && isSame(known, input)) return known.result;

  const rules = rulesFor(input.settings, resourceKeyOf(input.target));
  const { sides, problem } = sidesOf(input);
  if (rules.length === 0) return remember(input, sides, problem);
  const ignored = ignoreDifferences(sides, rules, input);
  if (input.jq !== undefined && needsJq(rules) && !equalJson(ignored.live, ignored.predicted)) {
    return ignoreByJq(ignored, rules, input.jq).then((final) =>
      remember(input, withoutEmptied(sides, final), problem, final.problems),
    );
  }
  return remember(input, withoutEmptied(sides, ignored), problem);
}

interface Remembered extends DiffInput {
  result: ResourceDiff;
}

const remembered = new WeakMap<KubernetesObject, Remembered>();

function isSame(known: Remembered, input: DiffInput): boolean {
  return (
    known.target === input.target &&
    known.settings === input.settings &&
    known.type === input.type &&
    isSamePrediction(known.prediction, input.prediction)
  );
}

function isSamePrediction(a: Prediction | undefined, b: Prediction | undefined): boolean {
  if (a === b) return true;
  return a?.outcome === 'unchanged' && b?.outcome === 'unchanged';
}

function remember(
  input: DiffInput,
  sides: DiffSides,
  problem: string | undefined,
  ruleProblems: string[] = [],
): ResourceDiff {
  const result: ResourceDiff = {
    modified: problem !== undefined && sides.live === sides.predicted ? true : !equalJson(sides.live, sides.predicted),
    normalizedLive: sides.live,
    predictedLive: sides.predicted,
  };
  if (problem !== undefined) result.problem = problem;
  if (ruleProblems.length > 0) result.ruleProblems = ruleProblems;
  remembered.set(input.live, { ...input, result });
  return result;
}

function sidesOf(input: DiffInput): { sides: DiffSides; problem?: string } {
  const { live, settings, prediction } = input;
  const normalizedLive = withBackfilledTracking(normalizeObject(live, settings), input);
  if (prediction?.outcome === 'unchanged') return { sides: { live: normalizedLive, predicted: normalizedLive } };
  if (prediction?.outcome === 'changed') {
    return { sides: { live: normalizedLive, predicted: normalizeObject(prediction.object, settings) } };
  }
  const refusal = prediction === undefined ? {} : { problem: prediction.message };
  try {
    const migrates = diffModeOf(input.target, settings).clientSideApplyMigration;
    const { object } = predictLive({ ...input, fieldManager: settings.fieldManager, migrates });
    return { sides: { live: normalizedLive, predicted: normalizeObject(object, settings) }, ...refusal };
  } catch (error) {
    const problem = `${prediction?.message ?? ''}${prediction === undefined ? '' : '; '}${error instanceof Error ? error.message : String(error)}`;
    return { sides: { live: normalizedLive, predicted: normalizeObject(input.target, settings) }, problem };
  }
}

function withBackfilledTracking(live: KubernetesObject, input: DiffInput): KubernetesObject {
  const { tracking, target } = input;
  if (tracking === undefined || tracking.settings.method === 'label') return live;
  const id = target.metadata.annotations?.[ANNOTATION_TRACKING_ID];
  if (id === undefined || live.metadata.annotations?.[ANNOTATION_TRACKING_ID] !== undefined) return live;
  if (live.metadata.labels?.[tracking.settings.labelKey] !== tracking.instanceName) return live;
  const annotations = { ...live.metadata.annotations, [ANNOTATION_TRACKING_ID]: id };
  return { ...live, metadata: { ...live.metadata, annotations } };
}
