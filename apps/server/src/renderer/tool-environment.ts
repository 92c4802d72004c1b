import type { WorkDirectory } from './work-directory.ts';

/** Address space of one tool. Go reserves far more than it uses, so this is a fence against bombs, not a budget. */
export const TOOL_MEMORY = 8 * 1024 * 1024 * 1024;

/**
 * The whole environment of helm and kustomize: homes inside the work directory, no plugins, nothing of this process, so
 * that a template or generator finds neither credentials nor configuration.
 */
export async function toolEnvironment(work: WorkDirectory, bin?: string): Promise<Record<string, string>> {
  const home = await work.makeDirectory('.home');
  const plugins = await work.makeDirectory('.home/plugins');
  return {
    PATH: bin === undefined ? '/nonexistent' : bin,
    HOME: home,
    TMPDIR: await work.makeDirectory('.tmp'),
    LANG: 'C',
    HELM_CONFIG_HOME: `${home}/helm/config`,
    HELM_CACHE_HOME: `${home}/helm/cache`,
    HELM_DATA_HOME: `${home}/helm/data`,
    HELM_PLUGINS: plugins,
    HELM_REGISTRY_CONFIG: `${home}/helm/registry.json`,
    HELM_NO_PLUGINS: '1',
    KUSTOMIZE_PLUGIN_HOME: '/nonexistent',
    KUBECONFIG: '/dev/null',
    GOMAXPROCS: '2',
  };
}
