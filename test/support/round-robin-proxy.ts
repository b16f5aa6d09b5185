import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Hands requests to its targets in turn, each on a connection of its own: no client stays with a target. */
export class RoundRobinProxy {
  /** Ports on loopback. */
  readonly targets: number[] = [];
  private turn = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (incoming, answer) => this.forward(incoming, answer));
    server.requestTimeout = 0; // streams
    server.keepAliveTimeout = 0; // clients read in the headers of the targets how long a connection is kept: longer than Node's 5 s
  }

  static async start(): Promise<RoundRobinProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RoundRobinProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close').catch(() => undefined);
  }

  private forward(incoming: IncomingMessage, answer: ServerResponse, tries = 0): void {
    const port = this.targets[this.turn++ % this.targets.length];
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
      agent: false,
      setHost: false,
    });
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode!, response.statusMessage, response.rawHeaders);
      answer.flushHeaders();
      response.pipe(answer);
      response.on('error', () => answer.destroy());
      response.on('close', () => !response.complete && answer.destroy());
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // A target that does not listen has not seen the request: the next one gets it.
      if (error.code === 'ECONNREFUSED' && tries < this.targets.length) this.forward(incoming, answer, tries + 1);
      else answer.destroy();
    });
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
    // What a target answers before it has the body is an answer: its client still has to get rid of the rest.
    outgoing.on('close', () => incoming.unpipe(outgoing).resume());
  }
}
