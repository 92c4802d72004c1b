import {
  type ActionScripts,
  actionScriptsFor,
  type KubernetesObject,
  type LuaAnswer,
  type LuaScript,
  type Settings,
} from '@lockstep/core';
import { ApiError } from '../../api/api-error.ts';
import { builtInActionsOf } from './built-in-actions.ts';
import { actionsOfLua, stepsOfLua } from './lua-actions.ts';
import type { ActionStep, Parameters, ResourceAction } from './resource-action.ts';

export interface ActionSources {
  settings: Settings;
  lua: { run(script: LuaScript, object: KubernetesObject, parameters?: Parameters): Promise<LuaAnswer> };
}

/**
 * The actions of an object as it is now: those of `argocd-cm`, and the built-in ones unless those replace them. Throws
 * `ApiError` when a script of the kind fails.
 */
export async function actionsOf(object: KubernetesObject, sources: ActionSources): Promise<ResourceAction[]> {
  const scripts = actionScriptsFor(sources.settings, object);
  const custom = scripts === undefined ? [] : await discover(object, scripts, sources);
  const names = new Set(custom.map(({ name }) => name));
  return [...custom, ...builtIn(object, scripts).filter(({ name }) => !names.has(name))];
}

/** What an action does to an object. Throws `ApiError` for one it does not have, or not now, and when its script fails. */
export async function stepsOf(
  object: KubernetesObject,
  name: string,
  parameters: Parameters,
  sources: ActionSources,
): Promise<ActionStep[]> {
  const scripts = actionScriptsFor(sources.settings, object);
  const actions = await actionsOf(object, sources);
  const offered = actions.find((action) => action.name === name);
  const definition = scripts?.definitions.find((candidate) => candidate.name === name);
  if (offered === undefined) {
    const known = actions.map((action) => action.name);
    throw new ApiError('InvalidArgument', `${object.kind} has no action "${name}"`, {
      fix: known.length === 0 ? `There are no actions for ${object.kind}` : `Its actions: ${known.join(', ')}`,
    });
  }
  if (offered.disabled) {
    throw new ApiError(
      'FailedPrecondition',
      `the action "${name}" is not available for ${object.kind} ${object.metadata.name ?? ''} now`,
    );
  }
  if (definition !== undefined) {
    return inWords(definition.script, async () =>
      stepsOfLua(await sources.lua.run(definition.script, object, parameters), object),
    );
  }
  const action = builtInActionsOf(object).find((candidate) => candidate.name === name);
  if (action === undefined) {
    throw new ApiError('FailedPrecondition', `the action "${name}" of ${object.kind} is offered but not defined`, {
      fix: `Add it to the definitions of resource.customizations.actions for ${object.kind} in argocd-cm`,
    });
  }
  const effect = action.run(object, parameters);
  return 'create' in effect
    ? [{ operation: 'create', object: effect.create }]
    : [{ operation: 'patch', object, body: effect.patch }];
}

function builtIn(object: KubernetesObject, scripts: ActionScripts | undefined): ResourceAction[] {
  if (scripts !== undefined && !scripts.mergesBuiltIn) return [];
  return builtInActionsOf(object).map(({ name, displayName, iconClass, isDisabled, params }) => ({
    name,
    displayName,
    iconClass,
    disabled: isDisabled?.(object) ?? false,
    params: params?.(object) ?? [],
  }));
}

/** Without a discovery script, what is defined is always offered. */
async function discover(
  object: KubernetesObject,
  { discovery, definitions }: ActionScripts,
  { lua }: ActionSources,
): Promise<ResourceAction[]> {
  if (discovery === undefined)
    return definitions.map(({ name }) => ({ name, displayName: '', iconClass: '', disabled: false, params: [] }));
  return inWords(discovery, async () => actionsOfLua(await lua.run(discovery, object)));
}

/** Whatever goes wrong in a script is told with its name and kind: those who see it may know who wrote it. */
async function inWords<T>(script: LuaScript, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError('FailedPrecondition', `${script.name} for ${script.kind} in argocd-cm: ${reason}`, {
      fix: `Correct resource.customizations.actions for ${script.kind} in argocd-cm`,
    });
  }
}
