import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const INDEX = 'https://pypi.org';
const FILES = 'https://files.pythonhosted.org';

/**
 * A proxy for PyPI on loopback, which sends requests with Node's `fetch`. The gateway's pip does not know the certificates and proxies of
 * the machine (NODE_EXTRA_CA_CERTS), so it might not reach PyPI directly.
 */
export class PyPi {
  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.pass(request, response));
  }

  static async start(): Promise<PyPi> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PyPi(server);
  }

  /** The value for PIP_INDEX_URL. */
  get indexUrl(): string {
    return `${this.url}/simple/`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async pass({ url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const isFile = !url.startsWith('/simple/');
      const answer = await fetch(new URL(url, isFile ? FILES : INDEX), {
        headers: { accept: headers.accept ?? '*/*' },
      });
      const body = Buffer.from(await answer.arrayBuffer());
      const type = answer.headers.get('content-type') ?? 'application/octet-stream';
      response.writeHead(answer.status, { 'content-type': type });
      response.end(isFile ? body : body.toString().replaceAll(FILES, this.url));
    } catch {
      response.writeHead(502).end();
    }
  }
}
