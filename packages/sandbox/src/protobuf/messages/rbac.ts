/** Messages of rbac.authorization.k8s.io/v1, in the notation of message-table.ts. */
export const rbac = `
AggregationRule:
  1clusterRoleSelectors:[meta.LabelSelector]
ClusterRole:
  1metadata:meta.ObjectMeta 2rules:[PolicyRule] 3aggregationRule:AggregationRule?
ClusterRoleBinding:
  1metadata:meta.ObjectMeta 2subjects:[Subject] 3roleRef:RoleRef
PolicyRule:
  1verbs:[s] 2apiGroups:[s] 3resources:[s] 4resourceNames:[s] 5nonResourceURLs:[s]
Role:
  1metadata:meta.ObjectMeta 2rules:[PolicyRule]
RoleBinding:
  1metadata:meta.ObjectMeta 2subjects:[Subject] 3roleRef:RoleRef
RoleRef:
  1apiGroup:s? 2kind:s? 3name:s?
Subject:
  1kind:s? 2apiGroup:s 3name:s? 4namespace:s
`;
