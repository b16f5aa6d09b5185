import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { perform, type Behaviour } from '../http/behaviour.js';
import { Exchange, type Fault, type ReceivedRequest } from '../http/exchange.js';
import { Orders } from '../http/orders.js';

/** A `server.json` (2025-12-11), or any other object that a test wants instead. */
export type PublishedServer = { readonly name: string; readonly [member: string]: unknown };

interface Publication {
  readonly server: PublishedServer;
  readonly status: 'active' | 'deprecated' | 'deleted';
}

const LIST = '/v0.1/servers';
const MOST = 100;

const isList = (target: string, { path }: ReceivedRequest): boolean => path === target;

const faultOf = (status: number, message: string): Fault => ({ status, body: { title: message, status } });

/**
 * The list of an MCP registry in an HTTP server on loopback: `GET /v0.1/servers?search=&limit=&cursor=`. A search finds parts of names
 * and descriptions; a cursor is the name of the last server that was given.
 */
export class McpRegistrySimulator {
  readonly requests: ReceivedRequest[] = [];
  private readonly publications: Publication[] = [];
  private readonly orders = new Orders(isList);
  private readonly server: Server;

  private constructor() {
    this.server = createServer(
      { keepAliveTimeout: 0 },
      (request, response) => void this.serve(new Exchange(request, response)),
    );
  }

  static async start(): Promise<McpRegistrySimulator> {
    const simulator = new McpRegistrySimulator();
    simulator.server.listen(0, '127.0.0.1');
    await once(simulator.server, 'listening');
    return simulator;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Replaces all published servers. They are listed in this order. */
  publish(...servers: PublishedServer[]): void {
    this.publications.splice(
      0,
      this.publications.length,
      ...servers.map((server) => ({ server, status: 'active' as const })),
    );
  }

  /** Marks a server as deprecated by its publisher. It stays in the list. */
  deprecate(name: string): void {
    const index = this.publications.findIndex(({ server }) => server.name === name);
    this.publications[index] = { ...this.publications[index]!, status: 'deprecated' };
  }

  /** Shows this behaviour once instead of the next list. */
  next(behaviour: Behaviour): void {
    this.orders.next(LIST, behaviour);
  }

  private async serve(exchange: Exchange): Promise<void> {
    const { method = 'GET', url = '/', headers } = exchange.request;
    const { pathname, searchParams } = new URL(url, 'http://registry');
    const received = { method, path: pathname, query: Object.fromEntries(searchParams), headers };
    this.requests.push(received);
    const behaviour = this.orders.take(received);
    if (behaviour !== undefined && (await perform(behaviour, exchange, faultOf))) return;
    if (method !== 'GET' || pathname !== LIST) return exchange.fail(faultOf(404, 'Not Found'));
    this.list(received.query, exchange);
  }

  private list({ search = '', limit = '30', cursor }: Readonly<Record<string, string>>, exchange: Exchange): void {
    if (!/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST) {
      return exchange.fail(faultOf(422, 'validation failed'));
    }
    const found = this.publications.filter(({ server }) => matches(server, search));
    const start = cursor === undefined ? 0 : found.findIndex(({ server }) => server.name === cursor) + 1;
    const page = found.slice(start, start + Number(limit));
    const nextCursor = start + page.length < found.length ? page.at(-1)!.server.name : undefined;
    exchange.json(200, { servers: page.map(response), metadata: { nextCursor, count: page.length } });
  }
}

const matches = ({ name, description }: PublishedServer, search: string): boolean =>
  `${name}\n${String(description)}`.toLowerCase().includes(search.toLowerCase());

const response = ({ server, status }: Publication): object => ({
  server,
  _meta: { 'io.modelcontextprotocol.registry/official': { status, isLatest: true } },
});
