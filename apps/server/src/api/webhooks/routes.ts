import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Redis } from 'ioredis';
import { announcePush } from '../../redis/event-stream.ts';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { ApiError } from '../api-error.ts';
import { parsePush, providerOf } from './parse-push.ts';
import { isAuthentic } from './verify-webhook.ts';

/** Never more than this, whatever `webhook.maxPayloadSizeMB` says: a body is held in memory. */
const LARGEST_BODY = 50 * 1024 * 1024;

export interface WebhookRoutes {
  settings: SettingsSource;
  redis: Redis;
}

/** Where Git hosts tell of pushes. All a webhook can cause is that a repository is fetched. */
export const webhookRoutes: FastifyPluginAsyncTypebox<WebhookRoutes> = async (app, { settings, redis }) => {
  // The signature is over the bytes, and hosts differ in their content types.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST_BODY }, (_request, body, done) =>
    done(null, body),
  );

  app.post(
    '/api/webhook',
    { config: { access: 'public', anyContentType: true }, bodyLimit: LARGEST_BODY, schema: { hide: true } },
    async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { webhookMaxBytes, secret } = settings.get();
      if (body.length > webhookMaxBytes) {
        throw new ApiError('InvalidArgument', `the webhook body is larger than ${webhookMaxBytes} bytes`, {
          httpStatus: 413,
          fix: 'Raise webhook.maxPayloadSizeMB in argocd-cm',
        });
      }
      const provider = providerOf(request.headers);
      if (provider === undefined) {
        throw new ApiError('InvalidArgument', 'Unknown webhook event', {
          fix: 'Send push events of GitHub, GitLab, Gitea, Gogs, Bitbucket or Azure DevOps',
        });
      }
      if (!isAuthentic(provider, request.headers, body, secret)) {
        request.log.warn({ provider }, 'a webhook was refused: it does not know the secret');
        throw new ApiError(
          'InvalidArgument',
          'Webhook processing failed: the signature does not match the configured secret',
        );
      }
      const pushes = parsePush(provider, parseJson(body));
      for (const push of pushes) await announcePush(redis, push);
      request.log.info({ provider, pushes: pushes.length }, 'webhook received');
      return reply.code(200).send();
    },
  );
};

function parseJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  // GitHub can send the same JSON as a form field.
  const json = text.startsWith('payload=') ? new URLSearchParams(text).get('payload') : text;
  try {
    return JSON.parse(json ?? '');
  } catch {
    throw new ApiError('InvalidArgument', 'Webhook processing failed: the payload is not valid JSON');
  }
}
