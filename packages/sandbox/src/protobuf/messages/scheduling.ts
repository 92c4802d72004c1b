/** Messages of scheduling.k8s.io/v1, in the notation of message-table.ts. */
export const scheduling = `
PriorityClass:
  1metadata:meta.ObjectMeta 2value:i? 3globalDefault:b 4description:s 5preemptionPolicy:s?
`;
