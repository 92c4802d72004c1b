import type { Application } from '../application/application.ts';
import { deletionHooks } from '../compare/pair-resources.ts';
import { FINALIZER_POST_DELETE, FINALIZER_PRE_DELETE } from '../kubernetes/annotations.ts';
import { hooksOf } from '../kubernetes/hooks.ts';
import type { Targets } from './render-targets.ts';

/** Deletion hooks need the Application to stay until they ran. The finalizers go with the hooks. */
export function withHookFinalizers(application: Application, targets: Targets | undefined): string[] {
  const finalizers = application.metadata.finalizers ?? [];
  if (targets === undefined) return finalizers;
  const types = new Set(deletionHooks(targets.manifests).flatMap(({ object }) => hooksOf(object)?.types ?? []));
  const wanted: [string, boolean][] = [
    [FINALIZER_PRE_DELETE, types.has('PreDelete')],
    [FINALIZER_POST_DELETE, types.has('PostDelete')],
  ];
  const kept = finalizers.filter((finalizer) => !wanted.some(([name, isWanted]) => name === finalizer && !isWanted));
  return [...kept, ...wanted.filter(([name, isWanted]) => isWanted && !kept.includes(name)).map(([name]) => name)];
}
