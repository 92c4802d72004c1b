import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * The port wanted when it is free on loopback, else any free one below the range that systems use for outgoing
 * connections (32768 and up): a port from that range may be taken between choosing and listening.
 */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free TCP port between 15000 and 32000 on 127.0.0.1. Name one with --port');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
