/** Messages of events.k8s.io/v1, in the notation of message-table.ts. */
export const events = `
Event:
  1metadata:meta.ObjectMeta 2eventTime:u 3series:EventSeries? 4reportingController:s 5reportingInstance:s
  6action:s 7reason:s 8regarding:core.ObjectReference 9related:core.ObjectReference? 10note:s 11type:s
  12deprecatedSource:core.EventSource 13deprecatedFirstTimestamp:t 14deprecatedLastTimestamp:t
  15deprecatedCount:i
EventSeries:
  1count:i? 2lastObservedTime:u
`;
