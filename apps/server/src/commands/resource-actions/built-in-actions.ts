import { groupVersionOf, type KubernetesObject } from '@lockstep/core';
import { argo } from './families/argo.ts';
import { databases } from './families/databases.ts';
import { flux } from './families/flux.ts';
import { keda } from './families/keda.ts';
import { numaproj } from './families/numaproj.ts';
import { operators } from './families/operators.ts';
import { workloads } from './families/workloads.ts';
import type { BuiltInAction } from './resource-action.ts';

/** `<group>/<Kind>` → what one can do to it, whatever the version. */
const byKind: Record<string, BuiltInAction[]> = {
  ...workloads,
  ...argo,
  ...databases,
  ...flux,
  ...keda,
  ...numaproj,
  ...operators,
};

/** The actions Lockstep knows for a kind; none for most. */
export function builtInActionsOf({ apiVersion, kind }: KubernetesObject): BuiltInAction[] {
  return byKind[`${groupVersionOf(apiVersion).group}/${kind}`] ?? [];
}
