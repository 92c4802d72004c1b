/** Messages of coordination.k8s.io/v1, in the notation of message-table.ts. */
export const coordination = `
Lease:
  1metadata:meta.ObjectMeta 2spec:LeaseSpec
LeaseSpec:
  1holderIdentity:s? 2leaseDurationSeconds:i? 3acquireTime:u 4renewTime:u 5leaseTransitions:i? 6strategy:s?
  7preferredHolder:s?
`;
