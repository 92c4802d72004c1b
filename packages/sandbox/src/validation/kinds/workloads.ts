import { isObject, numberAt, objectAt, objectsAt, stringAt, valueAt } from '../../json.ts';
import type { StoredObject } from '../../storage/internal-client.ts';
import {
  frozenSpec,
  immutable,
  intOrPercent,
  isZeroAmount,
  nonNegative,
  notMoreThanAll,
  oneOf,
  selectorMatchesTemplate,
  workloadSelector,
} from '../checks.ts';
import { type FieldError, fieldForbidden, invalid, required } from '../field-error.ts';
import { onlyRestartPolicy, validatePodTemplate } from './pod.ts';

const template = 'spec.template';

export function validateDeployment(deployment: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(deployment, 'spec');
  const errors = [
    ...nonNegative('spec.replicas', spec['replicas']),
    ...workloadSelector(spec, 'deployment'),
    ...templateErrors(deployment, 'Deployment'),
    ...deploymentStrategy(spec),
    ...nonNegative('spec.minReadySeconds', spec['minReadySeconds']),
    ...nonNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit']),
  ];
  const deadline = numberAt(spec, 'progressDeadlineSeconds');
  if (deadline !== undefined) {
    errors.push(...nonNegative('spec.progressDeadlineSeconds', deadline));
    if (deadline <= (numberAt(spec, 'minReadySeconds') ?? 0)) {
      errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
    }
  }
  return [...errors, ...fixedSelector(deployment, live)];
}

function deploymentStrategy(spec: object): FieldError[] {
  const strategy = objectAt(spec, 'strategy');
  const errors = oneOf('spec.strategy.type', strategy['type'], ['Recreate', 'RollingUpdate']);
  const rolling = strategy['rollingUpdate'];
  if (!isObject(rolling)) return errors;
  const at = 'spec.strategy.rollingUpdate';
  if (strategy['type'] === 'Recreate')
    return [...errors, fieldForbidden(at, "may not be specified when strategy `type` is 'Recreate'")];
  const { maxUnavailable, maxSurge } = rolling;
  errors.push(...intOrPercent(`${at}.maxUnavailable`, maxUnavailable), ...intOrPercent(`${at}.maxSurge`, maxSurge));
  if (isZeroAmount(maxUnavailable) && isZeroAmount(maxSurge)) {
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...notMoreThanAll(`${at}.maxUnavailable`, maxUnavailable)];
}

export function validateReplicaSet(replicaSet: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(replicaSet, 'spec');
  return [
    ...nonNegative('spec.replicas', spec['replicas']),
    ...nonNegative('spec.minReadySeconds', spec['minReadySeconds']),
    // The API server says "deployment" here, too.
    ...workloadSelector(spec, 'deployment'),
    ...templateErrors(replicaSet, 'ReplicaSet'),
    ...fixedSelector(replicaSet, live),
  ];
}

export function validateDaemonSet(daemonSet: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(daemonSet, 'spec');
  const errors = [
    ...fixedSelector(daemonSet, live),
    ...workloadSelector(spec, 'daemonset'),
    ...templateErrors(daemonSet, 'DaemonSet'),
    ...oneOf('spec.updateStrategy.type', valueAt(spec, 'updateStrategy', 'type'), ['RollingUpdate', 'OnDelete']),
  ];
  const rolling = valueAt(spec, 'updateStrategy', 'rollingUpdate');
  if (isObject(rolling)) {
    const at = 'spec.updateStrategy.rollingUpdate';
    const { maxUnavailable, maxSurge } = rolling;
    errors.push(...intOrPercent(`${at}.maxUnavailable`, maxUnavailable), ...intOrPercent(`${at}.maxSurge`, maxSurge));
    const hasSurge = maxSurge !== undefined && !isZeroAmount(maxSurge);
    const hasUnavailable = maxUnavailable !== undefined && !isZeroAmount(maxUnavailable);
    if (hasSurge && hasUnavailable)
      errors.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
    if (!hasSurge && !hasUnavailable) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return errors;
}

const changeableStatefulSetFields = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export function validateStatefulSet(statefulSet: StoredObject, live: StoredObject | undefined): FieldError[] {
  const spec = objectAt(statefulSet, 'spec');
  const errors: FieldError[] = [];
  const management = spec['podManagementPolicy'];
  if (management !== undefined && management !== 'OrderedReady' && management !== 'Parallel') {
    errors.push(invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'"));
  }
  const strategy = objectAt(spec, 'updateStrategy');
  if (strategy['type'] === 'OnDelete' && strategy['rollingUpdate'] !== undefined) {
    errors.push(
      invalid(
        'spec.updateStrategy.rollingUpdate',
        strategy['rollingUpdate'],
        "only allowed for updateStrategy 'RollingUpdate'",
      ),
    );
  } else if (
    strategy['type'] !== undefined &&
    strategy['type'] !== 'OnDelete' &&
    strategy['type'] !== 'RollingUpdate'
  ) {
    errors.push(invalid('spec.updateStrategy', strategy, "must be 'RollingUpdate' or 'OnDelete'"));
  }
  errors.push(
    ...nonNegative('spec.replicas', spec['replicas']),
    ...nonNegative('spec.minReadySeconds', spec['minReadySeconds']),
    ...workloadSelector(spec, 'statefulset'),
    ...templateErrors(
      statefulSet,
      'StatefulSet',
      objectsAt(spec, 'volumeClaimTemplates').map((claim) => stringAt(claim, 'metadata', 'name') ?? ''),
    ),
  );
  if (live === undefined) return errors;
  const message =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [...errors, ...frozenSpec(spec, objectAt(live, 'spec'), changeableStatefulSetFields, message)];
}

function templateErrors(workload: StoredObject, kind: string, claimNames: readonly string[] = []): FieldError[] {
  const spec = objectAt(workload, 'spec');
  const podTemplate = objectAt(spec, 'template');
  const errors: FieldError[] = [];
  errors.push(...selectorMatchesTemplate(spec));
  errors.push(
    ...validatePodTemplate(template, podTemplate, claimNames),
    ...onlyRestartPolicy(template, podTemplate, ['Always']),
  );
  if (valueAt(podTemplate, 'spec', 'activeDeadlineSeconds') !== undefined) {
    errors.push(
      fieldForbidden(`${template}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`),
    );
  }
  return errors;
}

function fixedSelector(workload: StoredObject, live: StoredObject | undefined): FieldError[] {
  if (live === undefined) return [];
  return immutable('spec.selector', valueAt(workload, 'spec', 'selector'), valueAt(live, 'spec', 'selector'));
}
