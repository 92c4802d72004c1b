import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { SettingsSource } from '../../settings/settings-source.ts';

/** Headers that keep a browser from doing more with our pages than they need. On every answer, errors included. */
export async function secureHeaders(app: FastifyInstance, settings: SettingsSource): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The editor and the component library set styles on elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        manifestSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    // Decided per answer below: only where the configured address is https.
    hsts: false,
    xXssProtection: true,
  });
  app.addHook('onSend', async (request, reply) => {
    reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
    if (settings.get().url.startsWith('https://')) reply.header('strict-transport-security', 'max-age=31536000');
    const isApi = /\/(api|auth)\//.test(request.url);
    if (isApi && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    reply.header('x-request-id', request.id);
  });
}
