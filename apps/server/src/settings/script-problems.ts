import { allScripts, type LuaScript, type Settings } from '@lockstep/core';

/** Knows whether a script parses. */
export interface ScriptChecker {
  problemOf(script: LuaScript): Promise<string | undefined>;
}

/** The scripts of the settings that do not parse, in words that name the kind and the script. */
export async function scriptProblems(settings: Settings, lua: ScriptChecker): Promise<string[]> {
  const problems = await Promise.all(
    allScripts(settings).map(async (script) => {
      const problem = await lua.problemOf(script);
      return problem === undefined
        ? []
        : [
            `argocd-cm resource.customizations (${script.kind}): ${script.name} does not parse, so it is not run: ${problem}`,
          ];
    }),
  );
  return problems.flat();
}
