import { type JsonObject, objectAt, stringAt, stringsAt } from '../json.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { type Labels, labelSelectorMatcher } from '../selectors/label-selector.ts';

/** What decides whether a webhook is asked. */
export interface WebhookSubject {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  type: ResourceType;
  subresource: string;
  labels: Labels;
  oldLabels: Labels | undefined;
  /** Of the object's namespace, or of the Namespace itself; undefined for other cluster-scoped objects. */
  namespaceLabels: Labels | undefined;
}

export function webhookMatches(webhook: JsonObject, subject: WebhookSubject): boolean {
  const rules = webhook['rules'];
  if (!Array.isArray(rules) || !rules.some((rule) => ruleMatches(rule, subject))) return false;
  if (subject.namespaceLabels !== undefined && webhook['namespaceSelector'] !== undefined) {
    if (!labelSelectorMatcher(webhook['namespaceSelector'])(subject.namespaceLabels)) return false;
  }
  if (webhook['objectSelector'] === undefined) return true;
  const matches = labelSelectorMatcher(webhook['objectSelector']);
  return matches(subject.labels) || (subject.oldLabels !== undefined && matches(subject.oldLabels));
}

function ruleMatches(rule: unknown, { operation, type, subresource }: WebhookSubject): boolean {
  const includes = (field: string, value: string): boolean => {
    const values = stringsAt(rule, field);
    return values.includes('*') || values.includes(value);
  };
  if (
    !includes('operations', operation) ||
    !includes('apiGroups', type.group) ||
    !includes('apiVersions', type.version)
  ) {
    return false;
  }
  const scope = stringAt(rule, 'scope') ?? '*';
  if (scope !== '*' && (scope === 'Namespaced') !== type.namespaced) return false;
  return stringsAt(rule, 'resources').some((pattern) => {
    const [resource = '', sub = ''] = pattern.split('/');
    return (
      (resource === '*' || resource === type.plural) &&
      (sub === subresource || (sub === '*' && subresource !== '') || pattern === '*/*')
    );
  });
}

/** The labels of an object that may be absent. */
export function labelsOf(object: unknown): Labels {
  return objectAt(object, 'metadata', 'labels') as Labels;
}
