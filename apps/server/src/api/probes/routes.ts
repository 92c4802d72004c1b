import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../api-context.ts';

/**
 * What a platform asks: alive, ready, and the figures of this process. They tell nothing of applications, so they need
 * no session; a metrics port of its own serves the same.
 */
export async function probeRoutes(
  app: FastifyInstance,
  { redis, metrics }: Pick<ApiContext, 'redis' | 'metrics'>,
): Promise<void> {
  const options = { config: { access: 'public' }, schema: { hide: true } } as const;
  app.get('/healthz', options, async (_request, reply) => reply.type('text/plain').send('ok'));
  app.get('/readyz', options, async (_request, reply) => {
    if (redis.status === 'ready') return reply.type('text/plain').send('ok');
    return reply
      .code(503)
      .type('text/plain')
      .send('not ready: Redis does not answer, so refreshes and live updates wait. Check --redis-url');
  });
  if (metrics === undefined) return;
  app.get('/metrics', options, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}
