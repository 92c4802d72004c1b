import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { GitOpsError, TerminalError } from '@lockstep/core';
import { startApi } from './api/start-api.ts';
import { CleanupStack } from './cleanup-stack.ts';
import { type Config, readConfig, USAGE } from './config/config.ts';
import { openApiContext } from './context.ts';
import { bootstrap } from './controller/bootstrap.ts';
import { Controller } from './controller/controller.ts';
import { loadRenderKey } from './controller/render-key.ts';
import { ClusterConnection, type RequestObserver } from './kubernetes/cluster-connection.ts';
import { KubernetesClient } from './kubernetes/kubernetes-client.ts';
import { loadKubeConfig } from './kubernetes/load-kube-config.ts';
import { createLogger, type Logger } from './logger.ts';
import {
  controllerMetrics,
  createRegistry,
  type HealthChecks,
  rendererMetrics,
  requestMetrics,
  serveMetrics,
} from './metrics.ts';
import { deriveKey } from './redis/sealed-value.ts';
import { Renderer } from './renderer/renderer.ts';

/**
 * By how much the heap may grow before its garbage is collected. V8 would let it double while a push goes through thousands of
 * applications: 365 MB instead of 280 with 2,000 of them. It costs no time that could be measured.
 */
setFlagsFromString('--heap-growing-percent=30');

const IN_CLUSTER = 'https://kubernetes.default.svc';
/** Closing may wait for servers that are gone; nothing we hold is worth more than this. */
const STOP_TIMEOUT_MS = 8_000;

await main(process.argv.slice(2)).catch((error: unknown) => {
  const text =
    error instanceof GitOpsError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`lockstep: ${text}\n`);
  process.exit(1);
});

/** env → config → role → signal → dispose. */
async function main([command, ...args]: string[]): Promise<void> {
  if (command === undefined || command === '--help' || command === 'help' || args.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  if (command === 'version') {
    process.stdout.write(`${version()}\n`);
    return;
  }
  if (command !== 'serve')
    throw new TerminalError('UnknownCommand', `there is no command "${command}"`, { fix: 'Use lockstep serve' });
  const config = readConfig(args, process.env);
  const logger = createLogger({ level: config.logLevel, role: config.roles.join('+') });
  const stack = new CleanupStack();
  const stopped = stopOnSignal(logger);
  try {
    if (config.roles.length > 1) await launch(config, args, logger, stack);
    else await serve(config, logger, stack);
    await stopped;
  } finally {
    await stack[Symbol.asyncDispose]();
  }
  // Sockets of libraries must not keep a process that is done.
  process.exit(0);
}

/** Runs one role in this process. */
async function serve(config: Config, logger: Logger, stack: CleanupStack): Promise<void> {
  const registry = createRegistry();
  let checks: HealthChecks = { isHealthy: () => true, isReady: () => false };
  if (config.metricsPort !== undefined) {
    const { port } = stack.use(
      await serveMetrics(
        registry,
        { isHealthy: () => checks.isHealthy(), isReady: () => checks.isReady() },
        { host: config.metricsHost, port: config.metricsPort },
      ),
    );
    logger.info({ port }, 'metrics and health are served');
  }
  switch (config.roles[0]) {
    case 'renderer': {
      const key = await rendererKey(config);
      const renderer = stack.use(await Renderer.start({ config, key, logger, metrics: rendererMetrics(registry) }));
      checks = { isHealthy: () => true, isReady: () => renderer.isReady };
      break;
    }
    case 'controller': {
      const observe = requestMetrics(registry);
      const connection = stack.use(openCluster(config, observe));
      const controller = stack.use(
        await Controller.start({
          config,
          connection,
          logger,
          metrics: controllerMetrics(registry),
          observe,
        }),
      );
      checks = { isHealthy: () => true, isReady: () => controller.isReady };
      break;
    }
    case 'api': {
      const observe = requestMetrics(registry);
      const connection = stack.use(openCluster(config, observe));
      await bootstrap(new KubernetesClient(connection), config.namespace, logger);
      const context = stack.use(
        await openApiContext({ config, connection, logger, version: { version: version() }, observe }),
      );
      const api = stack.use(await startApi({ ...context, metrics: registry }));
      checks = { isHealthy: () => true, isReady: () => true };
      logger.info({ url: api.url }, 'API is served');
      break;
    }
    case undefined:
      throw new TerminalError('InvalidOption', '--roles names no role');
  }
  logger.info({ roles: config.roles }, 'ready');
}

/** Several roles: one child process each, so that the topology is that of production. A child that ends is started again. */
async function launch(config: Config, args: string[], logger: Logger, stack: CleanupStack): Promise<void> {
  const environment: NodeJS.ProcessEnv = { ...process.env };
  if (config.renderKey === undefined && config.roles.includes('renderer')) {
    // The renderer gets a key and no way to the cluster it comes from.
    await using connection = openCluster(config, () => () => {});
    const client = new KubernetesClient(connection);
    await bootstrap(client, config.namespace, logger);
    environment['LOCKSTEP_RENDER_KEY'] = (await loadRenderKey(client, config.namespace, undefined)).toString(
      'base64url',
    );
  }
  let isStopping = false;
  const others = withoutOptions(args, ['roles', 'metrics-port']);
  for (const [index, role] of config.roles.entries()) {
    const own = [
      `--roles=${role}`,
      ...(config.metricsPort === undefined
        ? []
        : [`--metrics-port=${config.metricsPort === 0 ? 0 : config.metricsPort + index}`]),
    ];
    const options = role === 'renderer' ? withoutOptions(others, ['kubeconfig', 'context']) : others;
    const { LOCKSTEP_KUBECONFIG: _own, KUBECONFIG: _kubeconfig, LOCKSTEP_ROLES: _roles, ...rest } = environment;
    let failures = 0;
    const start = (): void => {
      const startedAt = Date.now();
      const child = spawn(
        process.execPath,
        [...process.execArgv, process.argv[1] as string, 'serve', ...own, ...options],
        {
          stdio: 'inherit',
          env: role === 'renderer' ? rest : { ...environment, LOCKSTEP_ROLES: role },
        },
      );
      const stop = (): void => void child.kill('SIGTERM');
      process.once('exit', stop);
      child.once('exit', (code, signal) => {
        process.off('exit', stop);
        if (isStopping) return;
        failures = Date.now() - startedAt > 30_000 ? 0 : failures + 1;
        logger.error({ role, code, signal }, 'role ended and is started again');
        setTimeout(start, Math.min(10_000, 200 * 2 ** Math.min(failures, 6))).unref();
      });
      stack.defer(async () => {
        isStopping = true;
        if (child.exitCode !== null || child.signalCode !== null) return;
        await new Promise<void>((resolve) => {
          child.once('exit', () => resolve());
          child.kill('SIGTERM');
          setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
        });
      });
    };
    start();
  }
}

/** Without a key of its own the renderer could neither read credentials nor be trusted with the cache. */
async function rendererKey(config: Config): Promise<Buffer> {
  if (config.renderKey !== undefined) return deriveKey(config.renderKey, 'render');
  throw new TerminalError('RenderKeyMissing', 'the renderer has no key', {
    fix: 'Set LOCKSTEP_RENDER_KEY to the same secret for controller and renderer, or start both with one lockstep serve',
  });
}

function openCluster(config: Config, observe: (server: string) => RequestObserver): ClusterConnection {
  return new ClusterConnection(loadKubeConfig({ kubeconfig: config.kubeconfig, context: config.context }), {
    name: 'in-cluster',
    onRequest: observe(IN_CLUSTER),
  });
}

function withoutOptions(args: string[], names: string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] as string;
    const name = names.find((candidate) => argument === `--${candidate}` || argument.startsWith(`--${candidate}=`));
    if (name === undefined) kept.push(argument);
    else if (argument === `--${name}`) index += 1;
  }
  return kept;
}

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once. */
function stopOnSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        count += 1;
        if (count > 1) process.exit(1);
        logger.info({ signal }, 'stopping');
        setTimeout(() => {
          logger.warn('not everything could be closed in time');
          process.exit(1);
        }, STOP_TIMEOUT_MS).unref();
        resolve();
      });
    }
  });
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
