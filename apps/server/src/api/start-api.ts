import type { AddressInfo } from 'node:net';
import { ensureInitialAdmin } from '../auth/initial-admin.ts';
import type { ApiContext } from './api-context.ts';
import { createApp } from './app.ts';
import { createServices } from './services.ts';

export interface ApiServer extends AsyncDisposable {
  port: number;
  url: string;
}

/**
 * Starts the API role: answers as soon as this resolves. The collections must have been listed before. Disposing tells
 * open streams to reconnect elsewhere and ends the server.
 */
export async function startApi(context: ApiContext): Promise<ApiServer> {
  await ensureInitialAdmin(context);
  const services = createServices(context);
  const app = await createApp(context, services);
  for (const warning of services.settings.get().warnings) context.logger.warn(warning);
  for (const { origin, line, reason, fix } of services.policy.policy.base.problems) {
    context.logger.warn({ origin, line, fix }, `argocd-rbac-cm: ${reason}`);
  }
  await app.listen({ host: context.config.host, port: context.config.port });
  const { port } = app.server.address() as AddressInfo;
  const host = context.config.host.includes(':') ? `[${context.config.host}]` : context.config.host;
  return {
    port,
    url: `http://${host}:${port}${context.config.rootPath}`,
    async [Symbol.asyncDispose]() {
      await app.close();
      await services[Symbol.asyncDispose]();
    },
  };
}
