import { expect, test } from 'vitest';
import { builtInSchemas } from './documents.ts';
import { isAbsentWhenZero } from './zero-values.ts';

test.each([
  ['core.v1.PodSpec', 'hostNetwork', true],
  ['core.v1.PodSpec', 'automountServiceAccountToken', false],
  ['core.v1.PodSpec', 'terminationGracePeriodSeconds', false],
  ['core.v1.Container', 'tty', true],
  ['core.v1.EnvVar', 'value', true],
  ['core.v1.EnvVar', 'name', false],
  ['core.v1.ContainerPort', 'hostPort', true],
  ['core.v1.SecretKeySelector', 'name', true],
  ['core.v1.SecretKeySelector', 'optional', false],
  ['core.v1.PersistentVolumeClaimSpec', 'storageClassName', false],
  ['apps.v1.DeploymentSpec', 'paused', true],
  ['apps.v1.DeploymentSpec', 'replicas', false],
  ['autoscaling.v2.HorizontalPodAutoscalerSpec', 'minReplicas', false],
  ['resource.v1.DeviceRequest', 'name', false],
])('a zero %s.%s is absent: %s', (component, field, expected) => {
  const type = builtInSchemas().component(`io.k8s.api.${component}`);
  expect(type).toBeDefined();
  expect(type !== undefined && isAbsentWhenZero(type, field)).toBe(expected);
});
