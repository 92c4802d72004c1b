import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './ports.ts';

export interface RedisServer {
  /** `redis://:<password>@127.0.0.1:<port>` */
  url: string;
  pid: number;
  process: ChildProcess;
  close(): Promise<void>;
}

/** The first redis-server or valkey-server on the PATH. */
function findRedis(): string | undefined {
  for (const command of ['redis-server', 'valkey-server']) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const file = join(folder, command);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

/**
 * A Redis of our own on loopback: nothing is written to disk (queues and caches are rebuilt), a random password,
 * no eviction as BullMQ demands. Resolves when it accepts connections; throws when there is no server to start.
 */
export async function startRedis(options: { port?: number; password?: string } = {}): Promise<RedisServer> {
  const executable = findRedis();
  if (executable === undefined) {
    throw new Error('neither redis-server nor valkey-server is on the PATH. Install one, or set REDIS_URL');
  }
  const port = options.port ?? (await freePort());
  const password = options.password ?? randomBytes(18).toString('base64url');
  const child = spawn(executable, ['-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    'daemonize no',
    'logfile ""',
  ];
  child.stdin.end(`${settings.join('\n')}\n`);
  await new Promise<void>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    const seen: string[] = [];
    lines.on('line', (line) => {
      seen.push(line);
      if (/ready to accept connections/i.test(line)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis ended with ${code}: ${seen.slice(-3).join(' | ')}`)));
  });
  child.stdout.resume();
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    pid: child.pid as number,
    process: child,
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}
