import type { StreamTopic } from '@lockstep/contract';
import { createContext, use, useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import type { LiveStatus, LiveStream, SubscriptionHandlers } from '../lib/stream.ts';

export const StreamContext = createContext<LiveStream | null>(null);

export function useStream(): LiveStream {
  const stream = use(StreamContext);
  if (!stream) throw new Error('useStream needs a StreamContext above it');
  return stream;
}

export function useLiveStatus(): LiveStatus {
  const stream = useStream();
  return useSyncExternalStore(stream.onStatusChange, stream.status);
}

/** Receives a topic while mounted. Handlers may change on every render. */
export function useTopic(topic: StreamTopic, key: string | undefined, handlers: SubscriptionHandlers): void {
  const stream = useStream();
  const onData = useEffectEvent((data: unknown) => handlers.onData(data));
  const onReset = useEffectEvent(() => handlers.onReset?.());
  const onRefused = useEffectEvent((code: number, message: string) => handlers.onRefused?.(code, message));
  useEffect(
    () =>
      stream.subscribe(topic, key, {
        onData: (data) => onData(data),
        onReset: () => onReset(),
        onRefused: (code, message) => onRefused(code, message),
      }),
    [stream, topic, key],
  );
}
