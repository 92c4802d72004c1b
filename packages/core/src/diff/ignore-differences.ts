import {
  compareValues,
  emptyFieldSet,
  type FieldSet,
  fieldSetFromFieldsV1,
  intersectSets,
  isEmptySet,
  removeItems,
  unionSets,
  untyped,
  type ValueType,
} from '@lockstep/structured-merge';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { IgnoreRule } from './diff-settings.ts';
import type { JqEvaluator, JqProblem } from './jq.ts';
import { pointerSegments, withoutPath } from './json-pointer.ts';

/** Both sides of one diff. */
export interface DiffSides {
  live: KubernetesObject;
  predicted: KubernetesObject;
}

/** Whether applying the rules needs jq, and so has to wait for it. */
export function needsJq(rules: readonly IgnoreRule[]): boolean {
  return rules.some((rule) => (rule.jqPathExpressions?.length ?? 0) > 0);
}

/** Both sides without what JSON pointers and trusted field managers of the rules ignore. jq comes apart: see `ignoreByJq`. */
export function ignoreDifferences(
  sides: DiffSides,
  rules: readonly IgnoreRule[],
  facts: { live: KubernetesObject; type?: ValueType | undefined },
): DiffSides {
  let { live, predicted } = sides;
  const managers = new Set(rules.flatMap((rule) => rule.managedFieldsManagers ?? []));
  if (managers.size > 0) ({ live, predicted } = ignoreManagers({ live, predicted }, managers, facts));
  for (const pointer of rules.flatMap((rule) => rule.jsonPointers ?? [])) {
    const segments = pointerSegments(pointer);
    if (segments.length === 0) continue;
    live = withoutPath(live, segments);
    predicted = withoutPath(predicted, segments);
  }
  return { live, predicted };
}

/** Both sides after every jq expression of the rules was deleted from them; a problem tells which one ignores nothing. */
export async function ignoreByJq(
  sides: DiffSides,
  rules: readonly IgnoreRule[],
  jq: JqEvaluator,
): Promise<DiffSides & { problems: string[] }> {
  const expressions = rules.flatMap((rule) => rule.jqPathExpressions ?? []);
  if (expressions.length === 0) return { ...sides, problems: [] };
  const [live, predicted] = await Promise.all([
    jq.deletePaths(sides.live, expressions),
    jq.deletePaths(sides.predicted, expressions),
  ]);
  const problems = new Set([...live.problems, ...predicted.problems].map(describeProblem));
  return { live: live.object, predicted: predicted.object, problems: [...problems] };
}

function describeProblem({ expression, problem }: JqProblem): string {
  return `the jq expression \`${expression}\` of ignoreDifferences ignores nothing: ${problem}. Correct it`;
}

/** Fields that differ and that a trusted manager owns in the live object leave both sides. */
function ignoreManagers(
  sides: DiffSides,
  managers: ReadonlySet<string>,
  facts: { live: KubernetesObject; type?: ValueType | undefined },
): DiffSides {
  let trusted = emptyFieldSet();
  for (const entry of facts.live.metadata.managedFields ?? []) {
    if (entry.fieldsV1 === undefined || !managers.has(entry.manager ?? '')) continue;
    trusted = unionSets(trusted, fieldSetFromFieldsV1(entry.fieldsV1));
  }
  if (isEmptySet(trusted)) return sides;
  const type = facts.type ?? untyped;
  const { modified, removed, added } = compareValues(type, sides.live, sides.predicted);
  const ignored: FieldSet = intersectSets(trusted, unionSets(modified, unionSets(removed, added)));
  if (isEmptySet(ignored)) return sides;
  return {
    live: removeItems(type, sides.live, ignored, 'dropped') as KubernetesObject,
    predicted: removeItems(type, sides.predicted, ignored, 'dropped') as KubernetesObject,
  };
}
