import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from './api-error.js';
import { perform, type Behaviour } from '../http/behaviour.js';
import type { ActionDefinition } from './catalogue.js';
import { Exchange, type ReceivedRequest } from '../http/exchange.js';
import { manyActions } from './many-actions.js';
import { Orders } from '../http/orders.js';
import { ParagonState, type PortalOutcome } from './paragon-state.js';
import { RequestLog } from '../http/request-log.js';
import { Routes } from './routes.js';
import { checkTarget, hits, type Target } from './target.js';

/** The project that it serves. */
export interface SimulatedProject {
  readonly projectId: string;
  /** Verifies user tokens. */
  readonly publicKey: KeyObject;
}

/**
 * Simulates ActionKit, Zeus, the Proxy and the Connect SDK of Paragon in one HTTP server on loopback.
 *
 * Lifecycle: 1. `start`; 2. tests set the catalogue and the behaviour at any time; 3. `stop` closes all connections.
 */
export class ParagonSimulator {
  private readonly log = new RequestLog(hits);
  private readonly orders = new Orders(hits);
  private readonly state: ParagonState;
  private readonly routes: Routes;
  private readonly server: Server;

  private constructor({ projectId, publicKey }: SimulatedProject) {
    this.state = new ParagonState(projectId);
    this.routes = new Routes(this.state, publicKey);
    this.server = createServer(
      { keepAliveTimeout: 0 },
      (request, response) => void this.serve(new Exchange(request, response)),
    );
  }

  static async start(project: SimulatedProject): Promise<ParagonSimulator> {
    const simulator = new ParagonSimulator(project);
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

  /** The settings with which a gateway finds it. */
  get settings(): Record<string, string> {
    return {
      ACTIONKIT_BASE_URL: this.url,
      ZEUS_BASE_URL: this.url,
      PROXY_BASE_URL: this.url,
      CONNECT_SDK_CDN_URL: `${this.url}/sdk/index.js`,
    };
  }

  /** Replaces the actions of the integration, and adds the integration as active if it is unknown. */
  offer(integration: string, actions: readonly ActionDefinition[]): void {
    this.state.catalogue.offer(integration, actions);
  }

  /** Replaces the whole catalogue by exactly `count` actions of the integrations `suite0` to `suite9`. */
  offerMany(count: number): void {
    this.state.catalogue.replace(manyActions(count));
  }

  setActive(integration: string, isActive: boolean): void {
    this.state.catalogue.setActive(integration, isActive);
  }

  /** Connects a user's account. @returns the id of the account, for `X-Paragon-Credential` */
  connect(user: string, integration: string): string {
    const known = this.state.catalogue.get(integration);
    if (!known) throw new Error(`No integration ${integration}`);
    return this.state.accounts.connect(user, integration, known.id).id;
  }

  disconnect(user: string, integration: string): void {
    this.state.accounts.disconnect(user, integration);
  }

  isConnected(user: string, integration: string): boolean {
    return this.state.accounts.credentialOf(user, integration) !== undefined;
  }

  /** Sets the status of "not connected" answers, because Paragon's varies. 400 unless set. */
  answerNotConnectedWith(status: 400 | 404): void {
    this.state.notConnectedStatus = status;
  }

  /** Sets the outcome of the Connect Portal from now on. `connected` unless set. */
  endPortal(outcome: PortalOutcome): void {
    this.state.portal = outcome;
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

  /** The complete requests that arrived, at least the last 10,000. */
  get requests(): readonly ReceivedRequest[] {
    return this.log.requests;
  }

  requestsTo(target: Target): ReceivedRequest[] {
    this.checked(target);
    return this.log.requests.filter((request) => hits(target, request));
  }

  /** The number of complete requests, of those in flight, and the largest number in flight at a time. */
  get counts(): { readonly total: number; readonly inFlight: number; readonly mostInFlight: number } {
    const { total, inFlight, mostInFlight } = this.log;
    return { total, inFlight, mostInFlight };
  }

  /** Requests whose client left before the answer was complete. */
  get aborted(): number {
    return this.log.aborted;
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
    checkTarget(target, (name) => this.state.catalogue.ownerOf(name) !== undefined);
    return target;
  }

  private async serve(exchange: Exchange): Promise<void> {
    if (exchange.request.method === 'OPTIONS') return exchange.preflight();
    this.log.begin();
    void exchange.ended.then((abortedByClient) => this.log.end(exchange.received, abortedByClient));
    try {
      await this.handle(exchange);
    } catch (error) {
      exchange.fail(error instanceof ApiError ? error : new ApiError(500, String(error), 'internal_error'));
    }
  }

  private async handle(exchange: Exchange): Promise<void> {
    const { received, refusal } = await this.routes.receive(exchange);
    exchange.received = received;
    this.log.add(received);
    if (refusal) throw refusal;
    const behaviour = this.orders.take(received);
    if (behaviour !== undefined && (await perform(behaviour, exchange, faultOf))) return;
    this.routes.answer(received, exchange);
  }
}

const faultOf = (status: number, message: string): ApiError => new ApiError(status, message, `error_${status}`);
