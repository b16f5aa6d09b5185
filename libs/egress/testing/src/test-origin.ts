import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real HTTP server on loopback that counts who comes. */
export class TestOrigin {
  /** Accepted TCP connections: also those that never sent a request. */
  connections = 0;
  readonly requests: IncomingMessage[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly address: string,
  ) {}

  static async start(listener: RequestListener, address = '127.0.0.1', port = 0): Promise<TestOrigin> {
    const server = createServer({ keepAliveTimeout: 0 });
    server.listen(port, address);
    await once(server, 'listening');
    const origin = new TestOrigin(server, (server.address() as AddressInfo).port, address);
    server.on('connection', () => (origin.connections += 1));
    server.on('request', (request, response) => {
      origin.requests.push(request);
      listener(request, response);
    });
    return origin;
  }

  get url(): string {
    return `http://${this.address}:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
