import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { ApiError, badRequest, forbidden, noSuchPath, notAcceptable, statusOf, unauthorized } from './api-error.ts';
import type { ServingCertificate } from './authentication/certificates.ts';
import { anonymous, type UserInfo } from './authentication/user-info.ts';
import { type AccessAttributes, describeDenied } from './authorization/rbac-authorizer.ts';
import {
  aggregatedDiscovery,
  aggregatedMediaType,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
  wantsAggregated,
} from './discovery/discovery-documents.ts';
import { serviceUnavailable, unavailableVersions } from './discovery/unavailable-versions.ts';
import type { ApiServices } from './handlers/api-services.ts';
import { handleResource } from './handlers/resource-handler.ts';
import { patchTypes } from './patch/patch-object.ts';
import { type Reply, sendReply } from './requests/reply.ts';
import { type RequestInfo, type ResourceRequest, requestInfo } from './requests/request-info.ts';
import { apiVersionFrom } from './resources/resource-type.ts';

/** What answers paths that nobody serves, as opposed to resources that a served version does not have. */
const pageNotFound: Reply = { code: 404, body: '404 page not found\n' };

/** Selectors may make long URLs. */
const maxHeaderSize = 64 * 1024;

/** How long requests that run while the server closes have to finish. */
const graceMs = 250;

/** The HTTPS front: who is it, may they, and which handler answers. */
export class ApiServer {
  private readonly services: ApiServices;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(services: ApiServices, certificate: ServingCertificate) {
    this.services = services;
    this.server = createServer({ key: certificate.key, cert: certificate.cert, maxHeaderSize }, (request, response) => {
      void this.answer(request, response);
    });
    // Longer than clients keep idle connections, so that they close first and never race a closing server.
    this.server.keepAliveTimeout = 120_000;
    this.server.requestTimeout = 0;
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** Listens on a port of the interface, 0 for any free one; resolves to the port. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        const address = this.server.address();
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('the server has no port'));
      });
    });
  }

  /** Ends watches, lets running requests finish for a moment, then cuts what is left. */
  async close(): Promise<void> {
    for (const stop of this.services.watches) stop();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
      const cut = setTimeout(() => {
        for (const socket of this.sockets) socket.destroy();
      }, graceMs);
      this.server.once('close', () => clearTimeout(cut));
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    let info: RequestInfo | undefined;
    let code = 200;
    let dryRun = false;
    try {
      const url = new URL(request.url ?? '/', 'https://sandbox');
      dryRun = url.searchParams.get('dryRun') === 'All';
      info = requestInfo(method, url);
      const user = this.impersonated(this.authenticate(request), request);
      this.authorize(user, info, url.searchParams);
      const reply = await this.dispatch({ info, url, user, request, response });
      if (reply !== undefined) {
        code = reply.code;
        await sendReply(request, response, reply);
      }
    } catch (error) {
      code = await sendError(request, response, error);
    } finally {
      this.countRequest(request, info, code, dryRun);
    }
  }

  private authenticate(request: IncomingMessage): UserInfo {
    const header = request.headers.authorization ?? '';
    if (header === '') return anonymous;
    const token = /^bearer (.+)$/i.exec(header)?.[1];
    const user = token === undefined ? undefined : this.services.tokens.authenticate(token.trim());
    if (user === undefined) throw unauthorized();
    return user;
  }

  /** `kubectl --as`: who may impersonate is a matter of RBAC, too. */
  private impersonated(user: UserInfo, request: IncomingMessage): UserInfo {
    const username = headerValues(request, 'impersonate-user')[0];
    const groups = headerValues(request, 'impersonate-group');
    if (username === undefined) return user;
    this.requireImpersonation(user, 'users', username);
    for (const group of groups) this.requireImpersonation(user, 'groups', group);
    return { username, groups: [...groups, 'system:authenticated'] };
  }

  private requireImpersonation(user: UserInfo, resource: string, name: string): void {
    const attributes = {
      isResource: true,
      verb: 'impersonate',
      group: '',
      resource,
      subresource: '',
      namespace: '',
      name,
    } as const;
    if (this.services.authorizer.authorize(user, attributes).allowed) return;
    throw forbidden({ group: '', plural: resource }, name, describeDenied(user, attributes));
  }

  private authorize(user: UserInfo, info: RequestInfo, query: URLSearchParams): void {
    const attributes = accessAttributes(info, query);
    const { authorizer } = this.services;
    if (authorizer.authorize(user, attributes).allowed) return;
    const why = describeDenied(user, attributes);
    if (!attributes.isResource) throw new ApiError(403, 'Forbidden', `forbidden: ${why}`, {});
    throw forbidden({ group: attributes.group, plural: attributes.resource }, attributes.name, why);
  }

  private async dispatch(call: {
    info: RequestInfo;
    url: URL;
    user: UserInfo;
    request: IncomingMessage;
    response: ServerResponse;
  }): Promise<Reply | undefined> {
    const { info, url, user, request, response } = call;
    if (!info.isResource) return this.answerPath(info.path, request);
    if (unavailableVersions(this.services.store).has(apiVersionFrom(info.group, info.version)))
      return serviceUnavailable;
    const type = this.services.registry.find(info.group, info.version, info.plural);
    if (type === undefined) {
      const isServed = this.services.registry.groups().get(info.group)?.has(info.version) === true;
      if (!isServed) return pageNotFound;
      throw noSuchPath();
    }
    return handleResource({ services: this.services, info, type, query: url.searchParams, user, request, response });
  }

  private answerPath(path: string, request: IncomingMessage): Reply {
    const { registry, openApi, metrics, store } = this.services;
    const unavailable = unavailableVersions(store);
    const accept = request.headers.accept ?? '';
    const clean = path.length > 1 ? path.replace(/\/$/, '') : path;
    switch (clean) {
      case '/':
        return {
          code: 200,
          body: {
            paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/metrics', '/openapi/v3', '/readyz', '/version'],
          },
        };
      case '/version':
        return { code: 200, body: versionDocument(this.services.gitVersion) };
      case '/api':
      case '/apis':
        if (wantsAggregated(accept)) {
          return {
            code: 200,
            body: aggregatedDiscovery(registry, clean === '/api', unavailable),
            contentType: aggregatedMediaType,
          };
        }
        return {
          code: 200,
          body:
            clean === '/api'
              ? coreVersions(this.services.url().replace(/^https:\/\//, ''))
              : groupList(registry, unavailable),
        };
      case '/metrics':
        return {
          code: 200,
          body: metrics.text({
            apiserver_storage_objects: store.objectCount,
            apiserver_longrunning_requests: this.services.watches.size,
            process_resident_memory_bytes: process.memoryUsage.rss(),
          }),
        };
      case '/openapi/v2':
        // kubectl asks for protobuf only and falls back to v3, which is complete.
        throw notAcceptable();
      case '/openapi/v3':
        return { code: 200, body: openApi.index() };
      case '/.well-known/openid-configuration':
        return {
          code: 200,
          body: {
            issuer: 'https://kubernetes.default.svc.cluster.local',
            jwks_uri: `${this.services.url()}/openid/v1/jwks`,
            response_types_supported: ['id_token'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['HS256'],
          },
        };
    }
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(clean)) return { code: 200, body: 'ok' };
    const groupVersion = /^\/apis\/([^/]+\/[^/]+)$/.exec(clean)?.[1];
    if (groupVersion !== undefined && unavailable.has(groupVersion)) return serviceUnavailable;
    const document = this.documentAt(clean, unavailable);
    if (document === undefined) return pageNotFound;
    return {
      code: 200,
      body: document,
      headers: clean.startsWith('/openapi/') ? { 'cache-control': 'public, immutable' } : {},
    };
  }

  /** Discovery and OpenAPI of one group or version. */
  private documentAt(path: string, unavailable: ReadonlySet<string>): unknown {
    const { registry, openApi } = this.services;
    const [, root = '', first = '', second = '', ...rest] = path.split('/');
    if (root === 'openapi' && first === 'v3') return openApi.document([second, ...rest].join('/'));
    if (rest.length > 0) return undefined;
    if (root === 'api') return resourceList(registry, '', first);
    if (root !== 'apis') return undefined;
    return second === '' ? groupDocument(registry, first, unavailable) : resourceList(registry, first, second);
  }

  private countRequest(request: IncomingMessage, info: RequestInfo | undefined, code: number, dryRun: boolean): void {
    const isApply = request.headers['content-type']?.startsWith(patchTypes.apply) === true;
    const resource: Partial<ResourceRequest> = info?.isResource === true ? info : {};
    this.services.metrics.count({
      verb: metricVerb(info, isApply, request.method ?? ''),
      group: resource.group ?? '',
      version: resource.version ?? '',
      resource: resource.plural ?? '',
      subresource: resource.subresource ?? (info === undefined ? '' : info.path),
      code,
      dryRun,
    });
  }
}

/** Every value of a header that may be given more than once. */
function headerValues(request: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) values.push(request.rawHeaders[index + 1] ?? '');
  }
  return values;
}

function metricVerb(info: RequestInfo | undefined, isApply: boolean, method: string): string {
  if (info === undefined || !info.isResource) return method;
  if (info.verb === 'patch') return isApply ? 'APPLY' : 'PATCH';
  const names = {
    get: 'GET',
    list: 'LIST',
    watch: 'WATCH',
    create: 'POST',
    update: 'PUT',
    delete: 'DELETE',
    deletecollection: 'DELETECOLLECTION',
  };
  return names[info.verb];
}

function accessAttributes(info: RequestInfo, query: URLSearchParams): AccessAttributes {
  if (!info.isResource) return info;
  const { verb, group, plural, subresource, namespace } = info;
  // A list or watch of one object by its name may be granted for that name alone.
  const selected = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1];
  const isCollection = verb === 'list' || verb === 'watch' || verb === 'deletecollection';
  const name = info.name === '' && isCollection ? (selected ?? '') : info.name;
  return { isResource: true, verb, group, resource: plural, subresource, namespace, name };
}

async function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): Promise<number> {
  const known = error instanceof URIError ? badRequest('the request path is not valid percent encoding') : error;
  const status = statusOf(known);
  if (!(known instanceof ApiError))
    console.error(`sandbox: ${request.method ?? ''} ${request.url ?? ''} failed`, error);
  if (response.headersSent) response.destroy();
  else {
    const retryAfter = known instanceof ApiError ? known.details?.retryAfterSeconds : undefined;
    await sendReply(request, response, {
      code: status.code,
      body: status,
      ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
    });
  }
  return status.code;
}

function versionDocument(gitVersion: string): object {
  const [, major = '1', minor = '34'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '2025-08-27T10:09:04Z',
    goVersion: 'go1.24.6',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
