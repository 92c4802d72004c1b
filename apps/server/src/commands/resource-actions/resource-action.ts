import type { KubernetesObject } from '@lockstep/core';
import { ApiError } from '../../api/api-error.ts';

/** What one can do to a live resource with a button, as the API tells it. */
export interface ResourceAction {
  name: string;
  /** Empty: made of the name. */
  displayName: string;
  iconClass: string;
  /** It exists, but not for the object as it is now. */
  disabled: boolean;
  params: ActionParameter[];
}

interface ActionParameter {
  name: string;
  value: string;
  default: string;
}

export type Parameters = Readonly<Record<string, string>>;

/** One thing an action does. `body` is a merge patch; what it says of `status` goes to that subresource. */
export type ActionStep =
  | { operation: 'patch'; object: KubernetesObject; body: Record<string, unknown> }
  | { operation: 'create'; object: KubernetesObject };

/** An action Lockstep knows by itself. */
export interface BuiltInAction {
  name: string;
  displayName: string;
  iconClass: string;
  params?: (object: KubernetesObject) => ActionParameter[];
  isDisabled?: (object: KubernetesObject) => boolean;
  /** A merge patch of the object, or what to create. */
  run: (object: KubernetesObject, parameters: Parameters) => Effect;
}

export type Effect = { patch: Record<string, unknown> } | { create: KubernetesObject };

export const icons = {
  restart: 'fa fa-fw fa-redo',
  pause: 'fa fa-fw fa-pause-circle',
  play: 'fa fa-fw fa-play-circle',
  stop: 'fa fa-fw fa-stop-circle',
  scale: 'fa fa-fw fa-expand',
  create: 'fa fa-fw fa-plus',
  refresh: 'fa fa-fw fa-sync',
  forward: 'fa fa-fw fa-fast-forward',
  data: 'fa fa-fw fa-database',
  delete: 'fa fa-fw fa-trash',
} as const;

type Named = Pick<BuiltInAction, 'name' | 'displayName'>;

/** A pair of actions that turns a boolean of `spec` on and off. */
export function toggle(field: string, on: Named, off: Named): BuiltInAction[] {
  const isOn = (object: KubernetesObject): boolean => specOf(object)[field] === true;
  return [
    { ...on, iconClass: icons.pause, isDisabled: isOn, run: () => patchSpec({ [field]: true }) },
    {
      ...off,
      iconClass: icons.play,
      isDisabled: (object) => !isOn(object),
      run: () => patchSpec({ [field]: false }),
    },
  ];
}

/** `spec.suspend`, which most controllers that do something again and again have. */
export const suspension = toggle(
  'suspend',
  { name: 'suspend', displayName: 'Suspend' },
  { name: 'resume', displayName: 'Resume' },
);

/** An action that leaves a mark a controller acts on; undefined takes one off. */
export function annotating(
  action: Omit<BuiltInAction, 'run'>,
  annotations: () => Record<string, string | undefined>,
): BuiltInAction {
  return { ...action, run: () => patchAnnotations(annotations()) };
}

export function patchSpec(spec: Record<string, unknown>): Effect {
  return { patch: { spec } };
}

export function patchStatus(status: Record<string, unknown>): Effect {
  return { patch: { status } };
}

export function patchAnnotations(annotations: Record<string, string | undefined>): Effect {
  return { patch: { metadata: { annotations: withNulls(annotations) } } };
}

export function patchLabels(labels: Record<string, string | undefined>): Effect {
  return { patch: { metadata: { labels: withNulls(labels) } } };
}

/** Now, as Kubernetes writes it: to the second. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}

/** A part of a name that is another one a moment later, short enough for every kind. */
export function uniqueSuffix(): string {
  return Date.now().toString(36);
}

/** The number of replicas somebody typed. Throws 400. */
export function replicasOf(parameters: Parameters): number {
  const text = parameters['replicas'] ?? '';
  const replicas = Number(text);
  if (!/^\d{1,5}$/.test(text) || replicas > 10_000)
    throw new ApiError('InvalidArgument', `replicas "${text}" is not a number from 0 to 10000`);
  return replicas;
}

export function specOf(object: KubernetesObject): Record<string, unknown> {
  return recordOf(object['spec']);
}

export function statusOf(object: KubernetesObject): Record<string, unknown> {
  return recordOf(object['status']);
}

/** A map, or an empty one. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function annotationOf(object: KubernetesObject, name: string): string | undefined {
  return object.metadata.annotations?.[name];
}

export function labelOf(object: KubernetesObject, name: string): string | undefined {
  return object.metadata.labels?.[name];
}

/** The object as the owner of what it starts. */
export function ownerOf(object: KubernetesObject, isController: boolean) {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name ?? '',
    uid: object.metadata.uid ?? '',
    ...(isController ? { controller: true, blockOwnerDeletion: true } : {}),
  };
}

function withNulls(values: Record<string, string | undefined>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null]));
}
