import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port on loopback behind which the server can be exchanged, as behind a load balancer or a DNS name. */
export class TcpProxy implements AsyncDisposable {
  readonly #server;
  readonly #sockets = new Set<Socket>();
  #target: number | undefined;
  /** Connections that were made through it. */
  connections = 0;

  constructor(target: number | undefined) {
    this.#target = target;
    this.#server = createServer((client) => {
      this.connections += 1;
      this.#sockets.add(client);
      client.on('error', () => {});
      client.on('close', () => this.#sockets.delete(client));
      // Without a target it is a black hole: the connection stands and nobody answers.
      if (this.#target === undefined) return;
      const server = connect(this.#target, '127.0.0.1');
      server.on('error', () => client.destroy());
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
      client.pipe(server).pipe(client);
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections lead there, undefined to nobody; those that stand are cut. */
  lead(target: number | undefined): void {
    this.#target = target;
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
