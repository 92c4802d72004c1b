import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SettingsSource } from '../../settings/settings-source.ts';
import { ApiError } from '../api-error.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps foreign pages from acting with a browser's cookie: what changes something must be sent as JSON, which a form
 * cannot, and from our own origin. Callers with a bearer token carry it on purpose and need only the content type.
 */
export function guardAgainstForgery(app: FastifyInstance, settings: SettingsSource): void {
  app.addHook('preParsing', async (request) => {
    if (SAFE_METHODS.has(request.method) || request.routeOptions.config.anyContentType === true) return;
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
    if (type !== 'application/json') throw new ApiError('InvalidArgument', 'Invalid content type', { httpStatus: 415 });
    if (request.identifiedBy !== 'bearer' && !isSameOrigin(request, settings)) {
      throw new ApiError('PermissionDenied', 'the request comes from another site', {
        fix: 'Set url in the ConfigMap argocd-cm to the address people use',
      });
    }
  });
}

/** Whether a request was made by one of our own pages, as far as the browser tells. */
export function isSameOrigin(request: FastifyRequest, settings: SettingsSource): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin } = request.headers;
  // A caller that is no browser sends neither.
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { url, additionalUrls } = settings.get();
  const ours = [url, ...additionalUrls]
    .filter((address) => URL.canParse(address))
    .map((address) => new URL(address).origin);
  return ours.includes(origin) || new URL(origin).host === request.headers.host;
}
