import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArguments, usage } from './arguments.ts';
import { Cleanup } from './cleanup.ts';
import { startClusters } from './clusters.ts';
import { applyRootApplication, configure, registerCluster, registerRepositories } from './demo.ts';
import { importExamples } from './example-repositories.ts';
import { type GitServer, startGitServer } from './git-server.ts';
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts';
import { openKubeconfig } from './kubeconfig-client.ts';
import { freePort } from './ports.ts';
import { startRedis } from './redis.ts';
import { RoleProcess } from './role-process.ts';
import { openState, saveState } from './state.ts';
import { describeSummary, type Summary, writeSummaryFile } from './summary.ts';
import { waitUntilReady } from './wait-until-ready.ts';

const server = 'apps/server/dist/main.js';

const cleanup = new Cleanup();
await main().catch(async (error: unknown) => {
  console.error(`\nLockstep did not start: ${error instanceof Error ? error.message : String(error)}\n`);
  await cleanup.run().catch(() => undefined);
  process.exit(1);
});

/** Brings up every part in order, prints the summary, and takes all down again on SIGINT or SIGTERM. */
async function main(): Promise<void> {
  const began = Date.now();
  const options = parseArguments(process.argv.slice(2), process.env);
  if (options.help) return console.log(usage);
  const directory = resolve(options.dataDirectory);
  const state = await openState(directory, { reset: options.reset });
  const logs = join(directory, 'logs');
  await mkdir(logs, { recursive: true });
  stopOnSignal();
  const progress = (text: string): void => console.log(`  ${text}`);

  const port = async (name: string, wanted?: number): Promise<number> => {
    const chosen = wanted || (await freePort(state.ports[name]));
    state.ports[name] = chosen;
    return chosen;
  };

  const apiPort = await port('api', options.port);
  const url = `http://127.0.0.1:${apiPort}`;
  const pids: Record<string, number> = {};
  let published: Summary | undefined;
  const publish = async (): Promise<void> => {
    if (published !== undefined && options.summaryFile !== undefined)
      await writeSummaryFile(options.summaryFile, published);
  };
  const noteRestart = (name: string, pid: number): void => {
    pids[name] = pid;
    publish().catch((error: unknown) => console.error(`summary file: ${String(error)}`));
  };

  progress('clusters, Redis, Git server, identity provider');
  const startQueue = async (): Promise<string> => {
    const given = process.env['REDIS_URL'] ?? '';
    if (given !== '') return given;
    const redis = await startRedis({ port: await port('redis'), password: state.redisPassword });
    cleanup.add(() => redis.close());
    pids['redis'] = redis.pid;
    return redis.url;
  };
  const exampleURLs: string[] = [];
  const startRepositories = async (): Promise<GitServer> => {
    const root = join(directory, 'git');
    const server = await startGitServer({
      root,
      port: await port('git', options.gitPort),
      onPush: (pushed) => announcePush(`${url}/api/webhook`, server.url, pushed),
    });
    cleanup.add(() => server.close());
    const names = await importExamples({ examples: resolve('examples'), root, gitURL: server.url });
    exampleURLs.push(...names.map((name) => `${server.url}/${name}.git`));
    return server;
  };
  const startDirectory = async (): Promise<IdentityProvider> => {
    const provider = await startIdentityProvider({
      port: await port('oidc'),
      clientSecret: state.oidcClientSecret,
      users: state.users,
      jwks: state.jwks,
      applicationURLs: [url, `http://localhost:${apiPort}`],
    });
    cleanup.add(() => provider.close());
    return provider;
  };
  const [clusters, redisURL, git, identityProvider] = await Promise.all([
    startClusters({ options, directory, logs, port, cleanup, onRestart: noteRestart }),
    startQueue(),
    startRepositories(),
    startDirectory(),
  ]);
  for (const process of clusters.processes) pids[process.name] = process.pid;
  await saveState(directory, state);

  const demo = options.demo ?? clusters.embedded;
  const [home] = clusters.clusters;
  const client = await openKubeconfig(home.kubeconfig);
  cleanup.add(() => client.close());
  if (demo) {
    await configure({ client, namespace: options.namespace, url, identityProvider });
    await registerRepositories({ client, namespace: options.namespace, urls: exampleURLs });
    for (const other of clusters.clusters.slice(1)) {
      const cluster = await openKubeconfig(other.kubeconfig);
      await registerCluster({ client, namespace: options.namespace, name: other.name, cluster });
      await cluster.close();
    }
  }

  progress('Lockstep');
  const summary: Summary = {
    url,
    gitURL: git.url,
    kubeconfigs: Object.fromEntries(clusters.clusters.map(({ name, kubeconfig }) => [name, kubeconfig])),
    oidcUsers: demo ? state.users.map(({ username, password, groups }) => ({ username, password, groups })) : [],
    pids,
  };
  const roles: RoleProcess[] = [];
  for (const role of ['controller', 'renderer', 'api']) {
    const metricsPort = await port(`${role}-metrics`);
    const process = new RoleProcess({
      name: role,
      script: server,
      args: [
        'serve',
        `--roles=${role}`,
        `--namespace=${options.namespace}`,
        // The renderer runs tools on what repositories contain, so it gets no cluster credentials.
        ...(role === 'renderer' ? [] : [`--kubeconfig=${home.kubeconfig}`]),
        `--metrics-port=${metricsPort}`,
        '--metrics-host=127.0.0.1',
        `--data-dir=${join(directory, role)}`,
        ...(role === 'api' ? [`--port=${apiPort}`, '--host=127.0.0.1'] : []),
      ],
      env: { REDIS_URL: redisURL, LOCKSTEP_RENDER_KEY: state.renderKey, KUBECONFIG: '' },
      logFile: join(logs, `${role}.log`),
      ready: (signal) => waitUntilReady(`http://127.0.0.1:${metricsPort}/readyz`, { timeoutMs: 120_000, signal }),
      onStart: (pid) => noteRestart(role, pid),
    });
    roles.push(process);
    cleanup.add(() => process.stop());
  }
  await saveState(directory, state);
  await Promise.all(roles.map((role) => role.start()));
  for (const role of roles) pids[role.name] = role.pid;
  if (demo) await applyRootApplication({ client, namespace: options.namespace, gitURL: git.url });

  const secret = await client.get(`/api/v1/namespaces/${options.namespace}/secrets/argocd-initial-admin-secret`);
  const password = (secret?.['data'] as Record<string, string> | undefined)?.['password'];
  if (password !== undefined) summary.adminPassword = Buffer.from(password, 'base64').toString('utf8');
  published = summary;
  await publish();
  const facts = { demo, seconds: (Date.now() - began) / 1000, logs };
  // A real API server begins empty each time; the sandbox keeps what it was told.
  const isKube = options.cluster === 'kube' && options.kubeconfig === undefined;
  console.log(describeSummary(summary, isKube ? { ...facts, forgets: 'what is in cluster in-cluster' } : facts));
}

function stopOnSignal(): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    console.log('\nStopping …');
    cleanup.run().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

/** Tells Lockstep of a push in GitHub's format. Losing it costs only the wait for the next poll. */
function announcePush(
  webhook: string,
  gitURL: string,
  pushed: { repository: string; ref: string; before: string; after: string },
): void {
  const address = `${gitURL}/${pushed.repository}.git`;
  fetch(webhook, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-github-event': 'push' },
    body: JSON.stringify({
      ref: pushed.ref,
      before: pushed.before,
      after: pushed.after,
      repository: { html_url: address.replace(/\.git$/, ''), clone_url: address, default_branch: 'main' },
      commits: [],
    }),
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => console.error(`push to ${pushed.repository} was not announced: ${String(error)}`));
}
