import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RpcMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Record<string, unknown> & { readonly name?: string };
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface Received {
  readonly httpMethod: string;
  readonly headers: IncomingHttpHeaders;
  readonly message: RpcMessage;
}

export type Handler = (message: RpcMessage, response: ServerResponse, request: IncomingMessage) => void;

/** A Streamable HTTP server in raw HTTP, for tests: each test says how it answers. */
export class RawHttpServer {
  readonly received: Received[] = [];
  /** The sessions that are good. With `hasSessions`, `initialize` adds one and other ids get 404. */
  readonly sessions = new Set<string>();
  hasSessions = true;
  private minted = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    /** Answers POSTs of requests other than `initialize` and `ping`. */
    public onRequest: Handler,
    /** Answers GETs. Status 405 unless a test says otherwise. */
    public onGet: Handler = (_message, response) => void response.writeHead(405).end(),
    /** Answers `ping`. */
    public onPing: Handler = (message, response) => json(response, { id: message.id, result: {} }),
    /** Answers `initialize`. */
    public onInitialize: Handler = (message, response) => json(response, { id: message.id, result: INITIALIZE_RESULT }),
  ) {}

  static async start(onRequest: Handler, port = 0): Promise<RawHttpServer> {
    const server = createServer({ keepAliveTimeout: 0 });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const raw = new RawHttpServer(server, (server.address() as AddressInfo).port, onRequest);
    server.on('request', (request, response) => void raw.handle(request, response));
    return raw;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  /** The messages of one method, in order. */
  sent(method: string): Received[] {
    return this.received.filter(({ message }) => message.method === method);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const message = (body === '' ? {} : JSON.parse(body)) as RpcMessage;
    const { method: httpMethod = '', headers } = request;
    this.received.push({ httpMethod, headers, message });
    if (message.method === 'initialize') {
      if (this.hasSessions) response.setHeader('mcp-session-id', this.mint());
      return this.onInitialize(message, response, request);
    }
    if (this.hasSessions && !this.sessions.has(String(headers['mcp-session-id']))) {
      return void response.writeHead(404).end('Session not found');
    }
    if (httpMethod === 'GET') return this.onGet(message, response, request);
    if (httpMethod === 'DELETE') return void response.writeHead(204).end();
    if (message.id === undefined || message.method === undefined) return void response.writeHead(202).end();
    if (message.method === 'ping') return this.onPing(message, response, request);
    this.onRequest(message, response, request);
  }

  private mint(): string {
    this.minted += 1;
    const id = `session-${this.minted}`;
    this.sessions.add(id);
    return id;
  }
}

export const INITIALIZE_RESULT = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'raw-http', version: '1' },
  novel: 'kept',
};

export function json(response: ServerResponse, message: object): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', ...message }));
}

/** Starts an event stream. */
export function stream(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  return response;
}

export const event = (message: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
