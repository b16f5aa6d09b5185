import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { perform, type Behaviour } from '../http/behaviour.js';
import { Exchange, type ReceivedRequest } from '../http/exchange.js';
import { Orders } from '../http/orders.js';
import { RequestLog } from '../http/request-log.js';
import { ApiError, errorOf } from './api-error.js';
import { Catalogue, type ActionDefinition } from './catalogue.js';
import { Connections } from './connections.js';
import { defaultCatalogue } from './default-catalogue.js';
import { Routes, type WorkspaceState } from './routes.js';
import { checkTarget, hits, type Target } from './target.js';
import type { Workspace } from './workspace.js';

export interface SimulatedWorkspace {
  readonly workspace: Workspace;
  /** Number of items per page in both lists. Small unless given, so that every list has several pages. */
  readonly pageSize?: number;
}

/**
 * Simulates the API of Integration.app in an HTTP server on loopback.
 *
 * Lifecycle: 1. `start`; 2. tests set the catalogue and the behaviour at any time; 3. `stop` closes all connections.
 */
export class IntegrationAppSimulator {
  private readonly log = new RequestLog(hits);
  private readonly orders = new Orders(hits);
  private readonly state: WorkspaceState;
  private readonly routes: Routes;
  private readonly server: Server;

  private constructor({ workspace, pageSize = 2 }: SimulatedWorkspace) {
    const catalogue = new Catalogue(defaultCatalogue());
    this.state = { workspace, catalogue, connections: new Connections(), pageSize };
    this.routes = new Routes(this.state);
    this.server = createServer(
      { keepAliveTimeout: 0 },
      (request, response) => void this.serve(new Exchange(request, response)),
    );
  }

  static async start(workspace: SimulatedWorkspace): Promise<IntegrationAppSimulator> {
    const simulator = new IntegrationAppSimulator(workspace);
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

  /** The setting with which a gateway finds it. */
  get settings(): Record<string, string> {
    return { INTEGRATION_APP_API_URL: this.url };
  }

  /** Replaces the actions of the integration, and adds the integration if it is unknown. */
  offer(integration: string, actions: readonly ActionDefinition[]): void {
    this.state.catalogue.offer(integration, actions);
  }

  /** Adds a connection. @returns its id */
  connect(user: string, integration: string): string {
    if (!this.state.catalogue.get(integration)) throw new Error(`No integration ${integration}`);
    return this.state.connections.connect(user, integration).id;
  }

  /** Makes the credentials of all the user's connections with the integration invalid. */
  disconnect(user: string, integration: string): void {
    for (const connection of this.state.connections.with(user, integration)) connection.disconnected = true;
  }

  /** Removes the user's connections with the integration. */
  remove(user: string, integration: string): void {
    this.state.connections.remove(user, integration);
  }

  /** Shows this behaviour once, for the next request to the target. Two calls apply to the next two requests. */
  next(target: Target, behaviour: Behaviour): void {
    this.orders.next(this.checked(target), behaviour);
  }

  /** Shows this behaviour for all requests to the target from now on. */
  always(target: Target, behaviour: Behaviour): void {
    this.orders.always(this.checked(target), behaviour);
  }

  /** Removes all behaviours set by `next` and `always`. */
  behave(): void {
    this.orders.forget();
  }

  /** Returns the complete requests to the target so far. */
  requestsTo(target: Target): ReceivedRequest[] {
    this.checked(target);
    return this.log.requests.filter((request) => hits(target, request));
  }

  /** The number of complete requests, of those in flight, and the largest number in flight at a time. */
  get counts(): { readonly total: number; readonly inFlight: number; readonly mostInFlight: number } {
    const { total, inFlight, mostInFlight } = this.log;
    return { total, inFlight, mostInFlight };
  }

  /** Forgets requests and counts. */
  clearRequests(): void {
    this.log.clear();
  }

  /** Resolves with the next request to the target, before it is answered. */
  nextRequest(target: Target): Promise<ReceivedRequest> {
    return this.log.next('request', this.checked(target));
  }

  /** Resolves with the next request to the target that its client aborts. */
  nextAbort(target: Target): Promise<ReceivedRequest> {
    return this.log.next('abort', this.checked(target));
  }

  private checked(target: Target): Target {
    checkTarget(target, this.state.catalogue);
    return target;
  }

  private async serve(exchange: Exchange): Promise<void> {
    this.log.begin();
    void exchange.ended.then((abortedByClient) => this.log.end(exchange.received, abortedByClient));
    try {
      await this.handle(exchange);
    } catch (error) {
      exchange.fail(error instanceof ApiError ? error : errorOf(500, String(error)));
    }
  }

  /** Handles a request. An invalid token is refused before behaviours apply. */
  private async handle(exchange: Exchange): Promise<void> {
    const { received, refusal } = await this.routes.receive(exchange);
    exchange.received = received;
    this.log.add(received);
    if (refusal) return exchange.fail(refusal);
    const behaviour = this.orders.take(received);
    if (behaviour !== undefined && (await perform(behaviour, exchange, errorOf))) return;
    this.routes.answer(received, exchange);
  }
}
