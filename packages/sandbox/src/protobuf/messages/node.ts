/** Messages of node.k8s.io/v1, in the notation of message-table.ts. */
export const node = `
Overhead:
  1podFixed:{q}
RuntimeClass:
  1metadata:meta.ObjectMeta 2handler:s? 3overhead:Overhead? 4scheduling:Scheduling?
Scheduling:
  1nodeSelector:{s} 2tolerations:[core.Toleration]
`;
