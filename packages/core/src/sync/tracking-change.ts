import type { Operation, OperationState } from '../application/operation.ts';
import { DEFAULT_TRACKING, type TrackingSettings } from '../kubernetes/tracking.ts';

/** The name under which an operation carries how resources were tracked while it ran. The usual way is not written. */
const INFO = 'tracking';

/** The operation with a note of how resources are tracked while it runs. */
export function withTrackingNote(operation: Operation, tracking: TrackingSettings): Operation {
  const known = operation.info?.find(({ name }) => name === INFO)?.value;
  const value = noteOf(tracking);
  if ((known ?? USUAL) === value) return operation;
  const others = (operation.info ?? []).filter(({ name }) => name !== INFO);
  const { info: _info, ...rest } = operation;
  const info = value === USUAL ? others : [...others, { name: INFO, value }];
  return info.length === 0 ? rest : { ...rest, info };
}

/**
 * How the tracking of resources differs from that of the last operation, in words; undefined when it does not. After a
 * change, what counts as the application's own may never have been: nobody has looked yet.
 */
export function trackingChange(last: OperationState | undefined, tracking: TrackingSettings): string | undefined {
  if (last === undefined) return undefined;
  const before = last.operation.info?.find(({ name }) => name === INFO)?.value ?? USUAL;
  const now = noteOf(tracking);
  return before === now ? undefined : `from ${before} to ${now}`;
}

/** Both methods with an annotation read the owner from it. */
function noteOf({ method, labelKey }: TrackingSettings): string {
  return method === 'label' ? `label ${labelKey}` : 'annotation';
}

const USUAL = noteOf(DEFAULT_TRACKING);
