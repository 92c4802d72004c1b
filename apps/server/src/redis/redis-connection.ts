import { Redis } from 'ioredis';

/**
 * A connection that survives a restart of Redis. `blocking` is for readers that wait on the server (workers, streams):
 * they retry for ever. The others fail fast, so that a stopped Redis never hangs an HTTP request; their commands of one
 * turn of the event loop leave together, since each write of its own costs more than the command.
 */
export function openRedis(url: string, options: { blocking?: boolean; onError?: (error: Error) => void } = {}): Redis {
  const common = {
    retryStrategy: (attempt: number) => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)),
    enableReadyCheck: true,
  };
  const settings =
    options.blocking === true
      ? { ...common, maxRetriesPerRequest: null }
      : { ...common, maxRetriesPerRequest: 3, commandTimeout: 10_000, enableAutoPipelining: true };
  const redis = url.startsWith('/') ? new Redis({ path: url, ...settings }) : new Redis(url, settings);
  redis.on('error', (error: Error) => options.onError?.(error));
  return redis;
}

/** Keys of everything kept in Redis besides the queues. All of it can be rebuilt. */
export const redisKeys = {
  render: (contentKey: string) => `lockstep:render:${contentKey}`,
  renderFailure: (contentKey: string) => `lockstep:render-failure:${contentKey}`,
  renderRecord: (application: string) => `lockstep:render-record:${application}`,
  tree: (key: { namespace: string; name: string }) => `lockstep:tree:${key.namespace}/${key.name}`,
  managed: (key: { namespace: string; name: string }) => `lockstep:managed:${key.namespace}/${key.name}`,
  cluster: (server: string) => `lockstep:cluster:${server}`,
  repository: (url: string) => `lockstep:repository:${url}`,
  events: 'lockstep:events',
  webhooks: 'lockstep:webhooks',
  epoch: 'lockstep:epoch',
} as const;
