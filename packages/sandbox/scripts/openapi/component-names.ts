import type { BuiltInResource } from '../../src/openapi/resource-catalog.ts';
import type { ModelClass } from './model-classes.ts';

/** A component of the API server's OpenAPI: `short` is `core.v1.Pod`, `name` is `io.k8s.api.core.v1.Pod`. */
export interface Component {
  name: string;
  short: string;
  model: ModelClass;
}

/** Types of the API machinery; every group uses them. */
const metaTypes = new Set(
  ['APIGroup', 'APIGroupList', 'APIResource', 'APIResourceList', 'APIVersions', 'Condition', 'DeleteOptions']
    .concat(['FieldSelectorRequirement', 'GroupResource', 'GroupVersionForDiscovery', 'LabelSelector'])
    .concat(['LabelSelectorRequirement', 'ListMeta', 'ManagedFieldsEntry', 'ObjectMeta', 'OwnerReference'])
    .concat(['Preconditions', 'ServerAddressByClientCIDR', 'Status', 'StatusCause', 'StatusDetails', 'WatchEvent']),
);

/** Types of the core group that only other groups use. */
const coreTypes = new Set(['TopologySelectorTerm', 'TopologySelectorLabelRequirement']);

/** Kinds that are served as a subresource, or sent as options, by the group that defines them. */
const extraKinds: { group: string; version: string; kind: string }[] = [
  { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  { group: 'policy', version: 'v1', kind: 'Eviction' },
  { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
];

const homes: Record<string, string> = {
  meta: 'io.k8s.apimachinery.pkg.apis.',
  apiextensions: 'io.k8s.apiextensions-apiserver.pkg.apis.',
  apiregistration: 'io.k8s.kube-aggregator.pkg.apis.',
};

/** The Go package of a group: `core`, `apps`, `rbac`, `flowcontrol`. */
function packageOf(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}

/**
 * Gives every model class that the served kinds reach the name the API server publishes it under. Class names lack the
 * group: a type belongs to the first group that reaches it, core first, unless the class says otherwise (`CoreV1Event`).
 */
export function nameComponents(
  classes: Map<string, ModelClass>,
  catalog: readonly BuiltInResource[],
): Map<string, Component> {
  const components = new Map<string, Component>();
  const claim = (className: string, pkg: string) => {
    const model = classes.get(className);
    if (model === undefined || components.has(className)) return;
    const { prefix, version, base } = splitClassName(className);
    const home = homeOf(base, prefix, pkg);
    const short = `${home}.${version}.${base}`;
    components.set(className, { name: `${homes[home] ?? 'io.k8s.api.'}${short}`, short, model });
    for (const property of model.properties) {
      for (const referenced of referencedClasses(property.type)) claim(referenced, home === 'meta' ? pkg : home);
    }
  };
  for (const base of metaTypes) claim(`V1${base}`, 'meta');
  const kinds = [...catalog, ...extraKinds];
  const coreFirst = [...kinds.filter((one) => one.group === ''), ...kinds.filter((one) => one.group !== '')];
  for (const { group, version, kind } of coreFirst) {
    const pkg = packageOf(group);
    for (const name of [kind, `${kind}List`]) {
      const className = classNameOf(classes, pkg, version, name);
      if (className !== undefined) claim(className, pkg);
    }
  }
  return components;
}

/** The class names in a property's type. */
function referencedClasses(type: string): string[] {
  return type.match(/\b(?:[A-Z][a-z]+)?V\d\w*\b/g) ?? [];
}

function classNameOf(classes: Map<string, ModelClass>, pkg: string, version: string, kind: string): string | undefined {
  const suffix = `V${version.slice(1)}${kind}`;
  const prefixed = `${pkg.charAt(0).toUpperCase()}${pkg.slice(1)}${suffix}`;
  return [prefixed, suffix].find((name) => classes.has(name));
}

function splitClassName(className: string): { prefix: string; version: string; base: string } {
  const match = /^([A-Z][a-z]+)?(V\d+(?:(?:alpha|beta)\d+)?)(.+)$/.exec(className);
  const [, prefix = '', version = '', base = ''] = match ?? [];
  if (base === '') throw new Error(`the model class ${className} has a name of an unknown form`);
  return { prefix: prefix.toLowerCase(), version: version.toLowerCase(), base };
}

function homeOf(base: string, prefix: string, pkg: string): string {
  if (prefix !== '') return prefix;
  if (metaTypes.has(base)) return 'meta';
  return coreTypes.has(base) ? 'core' : pkg;
}
