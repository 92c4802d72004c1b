/** Messages of policy/v1, in the notation of message-table.ts. */
export const policy = `
Eviction:
  1metadata:meta.ObjectMeta 2deleteOptions:meta.DeleteOptions?
PodDisruptionBudget:
  1metadata:meta.ObjectMeta 2spec:PodDisruptionBudgetSpec 3status:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec:
  1minAvailable:x? 2selector:meta.LabelSelector? 3maxUnavailable:x? 4unhealthyPodEvictionPolicy:s?
PodDisruptionBudgetStatus:
  1observedGeneration:i 2disruptedPods:{t} 3disruptionsAllowed:i? 4currentHealthy:i? 5desiredHealthy:i?
  6expectedPods:i? 7conditions:[meta.Condition]
`;
