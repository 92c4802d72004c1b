/** The resource inside an application that an action is about. */
export interface ResourceFacts {
  group: string;
  kind: string;
  namespace: string;
  name: string;
}

/** Settings of `argocd-cm` that change which action a request needs. */
export interface ActionSettings {
  /** `server.rbac.disableApplicationFineGrainedRBACInheritance`, true unless set to "false". */
  fineGrainedInheritanceDisabled: boolean;
  /** `server.rbac.rollback.enforce.enable`, false unless set. */
  rollbackEnforced: boolean;
}

/** The settings from the data of `argocd-cm`. */
export function readActionSettings(data: Readonly<Record<string, string>>): ActionSettings {
  return {
    fineGrainedInheritanceDisabled: data['server.rbac.disableApplicationFineGrainedRBACInheritance'] !== 'false',
    rollbackEnforced: data['server.rbac.rollback.enforce.enable'] === 'true',
  };
}

/**
 * The actions that permit changing or deleting one resource of an application; one of them suffices. `update` alone
 * is about the Application itself, unless inheritance was switched back on.
 */
export function resourceActions(
  verb: 'update' | 'delete',
  resource: ResourceFacts,
  settings: ActionSettings,
): [string, ...string[]] {
  const fine = `${verb}/${resource.group}/${resource.kind}/${resource.namespace}/${resource.name}`;
  return settings.fineGrainedInheritanceDisabled ? [fine] : [verb, fine];
}

/** The action that permits running a resource action such as `restart`. */
export function customAction(resource: { group: string; kind: string }, name: string): string {
  return `action/${resource.group}/${resource.kind}/${name}`;
}

/** The action that permits a rollback: `sync`, until an administrator tells the two apart. */
export function rollbackAction(settings: ActionSettings): 'sync' | 'rollback' {
  return settings.rollbackEnforced ? 'rollback' : 'sync';
}

/** The object of an application in policies: three parts outside the namespace of the control plane. */
export function applicationObject(
  application: { project: string; namespace: string; name: string },
  controlPlaneNamespace: string,
): string {
  const project = application.project === '' ? 'default' : application.project;
  return application.namespace === controlPlaneNamespace || application.namespace === ''
    ? `${project}/${application.name}`
    : `${project}/${application.namespace}/${application.name}`;
}
