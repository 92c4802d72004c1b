import { createServer } from 'node:net';

/** The port wanted when it is free on loopback, else any free one. */
export async function freePort(wanted = 0): Promise<number> {
  const port = await tryPort(wanted);
  if (port !== undefined) return port;
  const other = await tryPort(0);
  if (other === undefined) throw new Error('no free TCP port on 127.0.0.1');
  return other;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined));
    });
  });
}
