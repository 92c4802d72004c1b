import { badRequest } from '../api-error.ts';
import { valueAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import type { StoredObject } from '../storage/internal-client.ts';

type FieldMatcher = (object: StoredObject) => boolean;

export interface FieldSelector {
  matches: FieldMatcher;
  /** The value of `metadata.name=…` when the selector asks for one object. */
  name: string | undefined;
}

/** The fields each resource may be selected by, besides name and namespace. */
const selectable: Record<string, string[]> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'regarding.kind',
    'regarding.name',
    'regarding.namespace',
    'regarding.uid',
    'reportingComponent',
    'source',
    'type',
  ],
  '/secrets': ['type'],
  '/namespaces': ['status.phase', 'name'],
  '/nodes': ['spec.unschedulable'],
  '/replicationcontrollers': ['status.replicas'],
  '/services': ['spec.clusterIP', 'spec.type'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
  'certificates.k8s.io/certificatesigningrequests': ['spec.signerName'],
};

/** Where a selectable field lies when it is not at its own path. */
const locations: Record<string, string[]> = {
  'regarding.kind': ['involvedObject', 'kind'],
  'regarding.name': ['involvedObject', 'name'],
  'regarding.namespace': ['involvedObject', 'namespace'],
  'regarding.uid': ['involvedObject', 'uid'],
  source: ['source', 'component'],
  name: ['metadata', 'name'],
  'status.successful': ['status', 'succeeded'],
};

/** Reads `fieldSelector`; undefined when it selects everything. Throws 400 on a field the resource cannot be selected by. */
export function parseFieldSelector(text: string, type: ResourceType): FieldSelector | undefined {
  const parts = text.split(',').filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  let name: string | undefined;
  const matchers = parts.map((part): FieldMatcher => {
    const match = /^([^!=]+?)\s*(==|!=|=)\s*(.*)$/.exec(part.trim());
    if (match === null) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
    const [, field = '', operator, value = ''] = match;
    const isEqual = operator !== '!=';
    if (field === 'metadata.name' && isEqual) name = value;
    const path = pathOf(field, type);
    return (object) => (textOf(valueAt(object, ...path)) === value) === isEqual;
  });
  return { matches: (object) => matchers.every((matches) => matches(object)), name };
}

function pathOf(field: string, type: ResourceType): string[] {
  if (field === 'metadata.name' || field === 'metadata.namespace') return field.split('.');
  const declared = type.custom?.selectableFields.includes(`.${field}`) === true;
  if (!declared && selectable[type.id]?.includes(field) !== true) {
    const hasOwn = type.custom !== undefined || selectable[type.id] !== undefined;
    throw badRequest(
      hasOwn
        ? `field label not supported: ${field}`
        : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  return locations[field] ?? field.split('.');
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
