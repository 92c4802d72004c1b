import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyConfiguration,
  equalJson,
  FieldConflictError,
  fieldPaths,
  fieldSetToFieldsV1,
  type ManagedFields,
  type OpenApiSchema,
  recordUpdate,
  SchemaSet,
  type ValueType,
} from '@lockstep/structured-merge';
import { countAgreement, type VectorSuite } from './vector-suite.ts';

interface Step {
  op: 'apply' | 'update';
  manager: string;
  force: boolean;
  object: unknown;
  expect: { live: unknown; managers: Record<string, unknown>; conflict?: string[] };
}

interface History {
  type: string;
  steps: Step[];
}

interface State {
  live: unknown;
  managers: Map<string, ManagedFields>;
}

/** Histories of applies and updates; after each step the object and every manager's fields must be the recorded ones. */
export const structuredMergeSuite: VectorSuite = (lines, folder) => {
  const document = JSON.parse(readFileSync(join(folder, 'smd-openapi.json'), 'utf8')) as {
    definitions: Record<string, OpenApiSchema>;
  };
  const schemas = new SchemaSet(document.definitions);
  return countAgreement(lines as History[], (history) => {
    const type = schemas.component(history.type);
    if (type === undefined) return `no schema of ${history.type}`;
    let state: State = { live: {}, managers: new Map() };
    for (const [index, step] of history.steps.entries()) {
      const { next, conflict } = take(type, state, step);
      state = next;
      const difference = differenceFrom(step, state, conflict);
      if (difference !== undefined) return `step ${index + 1}: ${difference}`;
    }
    return undefined;
  });
};

function take(type: ValueType, state: State, step: Step): { next: State; conflict: string[] | undefined } {
  const { manager, force } = step;
  if (step.op === 'update') {
    const managers = recordUpdate({ type, live: state.live, next: step.object, managers: state.managers, manager });
    return { next: { live: step.object, managers }, conflict: undefined };
  }
  try {
    const applied = applyConfiguration({ type, ...state, config: step.object, manager, force });
    return { next: { live: applied.object, managers: applied.managers }, conflict: undefined };
  } catch (error) {
    if (!(error instanceof FieldConflictError)) throw error;
    return { next: state, conflict: error.conflicts.flatMap((one) => fieldPaths(one.fields, one.manager)).sort() };
  }
}

function differenceFrom(step: Step, state: State, conflict: string[] | undefined): string | undefined {
  const { expect } = step;
  if (!equalJson(conflict, expect.conflict)) {
    return `conflict is ${JSON.stringify(conflict)}, recorded ${JSON.stringify(expect.conflict)}`;
  }
  if (!equalJson(state.live, expect.live)) {
    return `object is ${JSON.stringify(state.live)}, recorded ${JSON.stringify(expect.live)}`;
  }
  const managers = Object.fromEntries([...state.managers].map(([name, { set }]) => [name, fieldSetToFieldsV1(set)]));
  if (!equalJson(managers, expect.managers)) {
    return `managers are ${JSON.stringify(managers)}, recorded ${JSON.stringify(expect.managers)}`;
  }
  return undefined;
}
