import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.ts';
import { sendError } from '../plugins/error-handler.ts';

/**
 * Serves the built dashboard. Any other path a browser asks for as a page gets `index.html`, whose router knows what to
 * show; everything else that is not there is a JSON 404. Below a root path the page's base is set, so that it finds
 * its files.
 */
export async function serveDashboard(
  app: FastifyInstance,
  { staticFolder, rootPath }: { staticFolder: string | undefined; rootPath: string },
): Promise<void> {
  const indexFile = staticFolder === undefined ? undefined : join(staticFolder, 'index.html');
  const page =
    indexFile !== undefined && existsSync(indexFile)
      ? withBase(await readFile(indexFile, 'utf8'), rootPath)
      : undefined;
  if (staticFolder !== undefined && page !== undefined) {
    await app.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, access: 'public' };
      });
      await scope.register(fastifyStatic, {
        root: staticFolder,
        prefix: `${rootPath}/`,
        index: false,
        // One route for each file there is, so that no path can lead anywhere else.
        wildcard: false,
        decorateReply: false,
        cacheControl: false,
        setHeaders(reply, file) {
          // Built files carry a hash of their content in their name.
          const isBuilt = file.startsWith(join(staticFolder, 'assets'));
          reply.header('cache-control', isBuilt ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      });
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const isStart = path === `${rootPath}/` || path === rootPath;
    const wantsPage = isRead && (isStart || (request.headers.accept ?? '').includes('text/html'));
    const isApi = path.startsWith(`${rootPath}/api/`);
    if (page !== undefined && wantsPage && !isApi) {
      return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
    }
    return sendError(new ApiError('NotFound', 'Not Found'), request, reply);
  });
}

function withBase(html: string, rootPath: string): string {
  const base = `<base href="${rootPath}/">`;
  return /<base [^>]*>/.test(html) ? html.replace(/<base [^>]*>/, base) : html.replace(/<head>/, `<head>${base}`);
}
