import { matchesGlob } from '../kubernetes/glob.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { groupVersionOf } from '../kubernetes/object.ts';
import type { CustomActions, ResourceCustomization, Settings } from './settings.ts';

/** A script of `argocd-cm`, ready to run. */
export interface LuaScript {
  source: string;
  /** What the machine's messages begin with, such as `health.lua:3: …`. */
  name: string;
  /** Whether the script sees `string` and `math`. */
  openLibs: boolean;
  /** The kind it is written for, as in the settings: globs and all. */
  kind: string;
}

/** What a script returned: the Lua type, and the value of a table as JSON has it. */
export interface LuaAnswer {
  type: string;
  value?: unknown;
}

/** The health script for a kind: of the customization that names it, else of the first whose globs match. */
export function healthScriptFor(
  settings: Settings,
  object: Pick<KubernetesObject, 'apiVersion' | 'kind'>,
): LuaScript | undefined {
  const customization = customizationOf(settings, object, ({ healthLua }) => isGiven(healthLua));
  return customization === undefined
    ? undefined
    : scriptOf(customization, 'health.lua', customization.healthLua as string);
}

export interface ActionScripts {
  /** Absent: only the built-in actions are offered. */
  discovery: LuaScript | undefined;
  definitions: { name: string; script: LuaScript }[];
  /** The built-in actions of the kind are offered too. */
  mergesBuiltIn: boolean;
}

/** The actions somebody wrote for a kind, found like health scripts. */
export function actionScriptsFor(
  settings: Settings,
  object: Pick<KubernetesObject, 'apiVersion' | 'kind'>,
): ActionScripts | undefined {
  const customization = customizationOf(settings, object, ({ actions }) => actions !== undefined);
  if (customization === undefined) return undefined;
  const { discoveryLua, definitions, mergeBuiltinActions } = customization.actions as CustomActions;
  return {
    discovery: isGiven(discoveryLua) ? scriptOf(customization, 'discovery.lua', discoveryLua) : undefined,
    definitions: definitions.map(({ name, actionLua }) => ({
      name,
      script: scriptOf(customization, `${name}/action.lua`, actionLua),
    })),
    mergesBuiltIn: mergeBuiltinActions || !isGiven(discoveryLua),
  };
}

/** Every script of the settings. */
export function allScripts(settings: Settings): LuaScript[] {
  return settings.customizations.flatMap((customization) => {
    const { healthLua, actions } = customization;
    return [
      ...(isGiven(healthLua) ? [scriptOf(customization, 'health.lua', healthLua)] : []),
      ...(isGiven(actions?.discoveryLua) ? [scriptOf(customization, 'discovery.lua', actions.discoveryLua)] : []),
      ...(actions?.definitions ?? []).map(({ name, actionLua }) =>
        scriptOf(customization, `${name}/action.lua`, actionLua),
      ),
    ];
  });
}

function customizationOf(
  settings: Settings,
  object: Pick<KubernetesObject, 'apiVersion' | 'kind'>,
  hasPart: (customization: ResourceCustomization) => boolean,
): ResourceCustomization | undefined {
  const candidates = settings.customizations.filter(hasPart);
  if (candidates.length === 0) return undefined;
  const { group } = groupVersionOf(object.apiVersion);
  return (
    candidates.find((entry) => entry.group === group && entry.kind === object.kind) ??
    candidates.find((entry) => matchesGlob(entry.group, group) && matchesGlob(entry.kind, object.kind))
  );
}

function scriptOf({ group, kind, useOpenLibs }: ResourceCustomization, name: string, source: string): LuaScript {
  return { source, name, openLibs: useOpenLibs === true, kind: group === '' ? kind : `${group}/${kind}` };
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}
