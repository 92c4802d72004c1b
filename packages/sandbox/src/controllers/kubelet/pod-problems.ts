import type { Container, KeySelector, Pod, Volume } from '../machinery/objects.ts';
import type { PodProblems } from './pod-machine.ts';

/** The data keys of a ConfigMap or Secret, whether a claim is bound; undefined for what is not there. */
export interface NamespaceFacts {
  configMapKeys(name: string): Set<string> | undefined;
  secretKeys(name: string): Set<string> | undefined;
  claim(name: string): 'bound' | 'unbound' | undefined;
}

/** What a Pod refers to and does not find, in the words of a kubelet. */
export function podProblems(pod: Pod, facts: NamespaceFacts): PodProblems {
  const namespace = pod.metadata.namespace ?? '';
  const volumes = (pod.spec.volumes ?? []).flatMap((volume) => volumeProblem(volume, namespace, facts) ?? []);
  const containers = new Map<string, string>();
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const problem = environmentProblem(container, namespace, facts);
    if (problem !== undefined) containers.set(container.name, problem);
  }
  return { volumes, containers };
}

/** The names of what a Pod refers to. */
export function referencesOf({ spec }: Pod): { configMaps: Set<string>; secrets: Set<string>; claims: Set<string> } {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const claims = new Set<string>();
  const add = (names: Set<string>, name: string | undefined) => name !== undefined && names.add(name);
  for (const { configMap, secret, persistentVolumeClaim, projected } of spec.volumes ?? []) {
    add(configMaps, configMap?.name);
    add(secrets, secret?.secretName);
    add(claims, persistentVolumeClaim?.claimName);
    for (const source of projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
    }
  }
  for (const { env = [], envFrom = [] } of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const { valueFrom } of env) {
      add(configMaps, valueFrom?.configMapKeyRef?.name);
      add(secrets, valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      add(configMaps, configMapRef?.name);
      add(secrets, secretRef?.name);
    }
  }
  return { configMaps, secrets, claims };
}

/** Whether a Pod refers to anything that could be missing. */
export function hasReferences(pod: Pod): boolean {
  const { configMaps, secrets, claims } = referencesOf(pod);
  return configMaps.size + secrets.size + claims.size > 0;
}

function volumeProblem(volume: Volume, namespace: string, facts: NamespaceFacts): string | undefined {
  const failed = (why: string) => `MountVolume.SetUp failed for volume "${volume.name}" : ${why}`;
  if (volume.configMap !== undefined && volume.configMap.optional !== true) {
    const { name = '', items = [] } = volume.configMap;
    const keys = facts.configMapKeys(name);
    if (keys === undefined) return failed(`configmap "${name}" not found`);
    if (items.some(({ key }) => !keys.has(key)))
      return failed(`configmap references non-existent config key: ${items.find(({ key }) => !keys.has(key))?.key}`);
  }
  if (volume.secret !== undefined && volume.secret.optional !== true) {
    const { secretName = '', items = [] } = volume.secret;
    const keys = facts.secretKeys(secretName);
    if (keys === undefined) return failed(`secret "${secretName}" not found`);
    if (items.some(({ key }) => !keys.has(key)))
      return failed(`references non-existent secret key: ${items.find(({ key }) => !keys.has(key))?.key}`);
  }
  const { claimName } = volume.persistentVolumeClaim ?? {};
  if (claimName !== undefined && facts.claim(claimName) !== 'bound') {
    return `Unable to attach or mount volumes: unmounted volumes=[${volume.name}]: persistentvolumeclaim "${namespace}/${claimName}" is not bound`;
  }
  for (const { configMap, secret } of volume.projected?.sources ?? []) {
    const isServiceAccountToken = configMap?.name === 'kube-root-ca.crt';
    if (
      configMap?.name !== undefined &&
      configMap.optional !== true &&
      !isServiceAccountToken &&
      facts.configMapKeys(configMap.name) === undefined
    ) {
      return failed(`configmap "${configMap.name}" not found`);
    }
    if (secret?.name !== undefined && secret.optional !== true && facts.secretKeys(secret.name) === undefined) {
      return failed(`secret "${secret.name}" not found`);
    }
  }
  return undefined;
}

function environmentProblem(
  { env = [], envFrom = [] }: Container,
  namespace: string,
  facts: NamespaceFacts,
): string | undefined {
  for (const { configMapRef, secretRef } of envFrom) {
    if (
      configMapRef?.name !== undefined &&
      configMapRef.optional !== true &&
      facts.configMapKeys(configMapRef.name) === undefined
    ) {
      return `configmap "${configMapRef.name}" not found`;
    }
    if (
      secretRef?.name !== undefined &&
      secretRef.optional !== true &&
      facts.secretKeys(secretRef.name) === undefined
    ) {
      return `secret "${secretRef.name}" not found`;
    }
  }
  for (const { valueFrom } of env) {
    const problem =
      keyProblem(valueFrom?.configMapKeyRef, 'ConfigMap', namespace, (name) => facts.configMapKeys(name)) ??
      keyProblem(valueFrom?.secretKeyRef, 'Secret', namespace, (name) => facts.secretKeys(name));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keyProblem(
  selector: KeySelector | undefined,
  kind: 'ConfigMap' | 'Secret',
  namespace: string,
  keysOf: (name: string) => Set<string> | undefined,
): string | undefined {
  if (selector === undefined || selector.optional === true) return undefined;
  const { name = '', key } = selector;
  const keys = keysOf(name);
  if (keys === undefined) return `${kind.toLowerCase()} "${name}" not found`;
  return keys.has(key) ? undefined : `couldn't find key ${key} in ${kind} ${namespace}/${name}`;
}
