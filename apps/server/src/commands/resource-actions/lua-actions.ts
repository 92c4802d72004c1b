import { type KubernetesObject, type LuaAnswer, mergePatchOf } from '@lockstep/core';
import { type ActionStep, type ResourceAction, recordOf } from './resource-action.ts';

/** The actions a discovery script returned: a table from names to what is said of each. Throws an `Error` in words. */
export function actionsOfLua({ type, value }: LuaAnswer): ResourceAction[] {
  if (type !== 'table') throw new Error(`expect table output from Lua script, not ${type}`);
  return Object.entries(recordOf(value)).map(([name, entry]) => {
    const { disabled, displayName, iconClass, params } = recordOf(entry);
    return {
      name,
      displayName: textOf(displayName),
      iconClass: textOf(iconClass),
      disabled: disabled === true,
      params: (Array.isArray(params) ? params : []).map((param) => {
        const { name: parameter, value: current, default: fallback } = recordOf(param);
        return {
          name: textOf(parameter),
          value: textOf(current ?? fallback),
          default: textOf(fallback),
        };
      }),
    };
  });
}

/**
 * What an action script wants done: it returned the changed object, or a list of `{operation, resource}`. A patch is the
 * difference to the object as it was. Throws an `Error` in words.
 */
export function stepsOfLua({ type, value }: LuaAnswer, object: KubernetesObject): ActionStep[] {
  if (type !== 'table') throw new Error(`expect table output from Lua script, not ${type}`);
  const entries = Array.isArray(value) ? value.map(recordOf) : [{ operation: 'patch', resource: value }];
  return entries.map(({ operation, resource }) => {
    const result = objectOf(resource);
    if (operation === 'create') return { operation, object: result };
    if (operation !== 'patch') throw new Error(`unsupported operation "${textOf(operation)}"; use "create" or "patch"`);
    if (!isSame(result, object))
      throw new Error(
        `the script may patch ${object.kind} ${object.metadata.name ?? ''} only, not ${result.kind} ${result.metadata.name ?? ''}`,
      );
    // Lua has no null: a field that is null is one that the script never saw.
    const before = withoutNulls(object);
    return { operation, object, body: recordOf(mergePatchOf(before, repaired(result, before))) };
  });
}

function objectOf(value: unknown): KubernetesObject {
  const { apiVersion, kind, metadata } = recordOf(value);
  const { name, generateName } = recordOf(metadata);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || (name === undefined && generateName === undefined))
    throw new Error('the script returned a resource without apiVersion, kind or metadata.name');
  return value as KubernetesObject;
}

function isSame(a: KubernetesObject, b: KubernetesObject): boolean {
  return (
    a.apiVersion === b.apiVersion &&
    a.kind === b.kind &&
    a.metadata.name === b.metadata.name &&
    (a.metadata.namespace ?? '') === (b.metadata.namespace ?? '')
  );
}

/** An empty table is a list or a map, Lua cannot tell: it is what stood there before. */
function repaired(value: unknown, before: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.isArray(before) ? value.map((item, index) => repaired(item, before[index])) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value);
  if (fields.length === 0) return Array.isArray(before) ? [] : value;
  return Object.fromEntries(fields.map(([name, field]) => [name, repaired(field, recordOf(before)[name])]));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => (field === null ? [] : [[name, withoutNulls(field)]])),
  );
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
