import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that sends requests to its targets in turn, each on a new connection: no client stays with a target. */
export class RoundRobinProxy {
  /** Ports on loopback. */
  readonly targets: number[] = [];
  /** The target that gets all new requests for the time being. */
  only?: number;
  private turn = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (incoming, answer) => this.forward(incoming, answer));
    server.requestTimeout = 0; // streams
    server.keepAliveTimeout = 0; // clients read the targets' keep-alive time, which is longer than Node's 5 s
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
    const port = this.only ?? this.targets[this.turn++ % this.targets.length];
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
      // A target that does not listen has not received the request, so the next target gets it.
      if (error.code === 'ECONNREFUSED' && tries < this.targets.length) this.forward(incoming, answer, tries + 1);
      else answer.destroy();
    });
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
    // A target may answer before it has received the whole body. The rest of the client's body is then read and dropped.
    outgoing.on('close', () => incoming.unpipe(outgoing).resume());
  }
}
