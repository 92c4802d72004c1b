/**
 * This process may not write now: the shard is no longer ours, the job lost its lock, or we stop. It ends a reconciliation
 * and is nobody's fault, so it is no `GitOpsError`: nothing may catch it and go on.
 */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}
