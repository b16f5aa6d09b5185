import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Provider } from 'oidc-provider';
import { perform, type Behaviour } from '../http/behaviour.js';
import { Exchange, type Fault, type ReceivedRequest } from '../http/exchange.js';
import { Orders } from '../http/orders.js';
import { RequestLog } from '../http/request-log.js';
import { ConsentPage } from './consent-page.js';
import { endpointOf, hits, type Target } from './endpoint.js';
import { oidcProvider, type IssuingRules } from './provider.js';
import { receivedRequest, replayed } from './received.js';
import { Records } from './records.js';

export interface AuthorizationServerOptions {
  /** Redirect URIs of the client that was registered by hand. */
  readonly redirectUris?: string[];
}

/**
 * A real authorization server (oidc-provider) on loopback: metadata of RFC 8414 and OpenID Connect, PKCE with S256, dynamic registration,
 * client id metadata documents, resource indicators, `iss` in its answers, rotating refresh tokens, revocation, a consent page.
 *
 * Lifecycle: 1. `start`; 2. tests change `rules` and the behaviour at any time; 3. `stop` closes all connections.
 */
export class AuthorizationServer {
  readonly rules: IssuingRules = {
    accessTokenSeconds: 3600,
    refreshTokens: 'always',
    rotateRefreshTokens: true,
    documentOrigins: {},
  };
  private readonly records = new Records();
  private readonly log = new RequestLog(hits);
  private readonly orders = new Orders(hits);
  private readonly redirects = new Map<Target, string>();
  private readonly server: Server;
  /** The metadata without changes. */
  private metadata: object = {};
  private metadataChange: Readonly<Record<string, unknown>> = {};
  private provider: Provider;
  private consentPage: ConsentPage;

  private constructor() {
    this.server = createServer({ keepAliveTimeout: 0 }, (request, response) => void this.serve(request, response));
  }

  static async start({
    redirectUris = ['http://127.0.0.1/callback'],
  }: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
    const simulator = new AuthorizationServer();
    simulator.server.listen(0, '127.0.0.1');
    await once(simulator.server, 'listening');
    simulator.provider = oidcProvider(simulator.issuer, simulator.rules, simulator.records, redirectUris);
    simulator.consentPage = new ConsentPage(simulator.provider);
    await simulator.learnMetadata();
    return simulator;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** The issuer URL, without a slash at its end. */
  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Replaces these fields in both metadata documents; undefined removes a field. Earlier changes are discarded. */
  changeMetadata(change: Readonly<Record<string, unknown>>): void {
    this.metadataChange = change;
  }

  /** Redirects requests to the target to this address from now on. */
  redirect(target: Target, location: string): void {
    this.redirects.set(target, location);
  }

  /** Shows this behaviour once, for the next request to the target. Two calls apply to the next two requests. */
  next(target: Target, behaviour: Behaviour): void {
    this.orders.next(target, behaviour);
  }

  /** Shows this behaviour for all requests to the target from now on. */
  always(target: Target, behaviour: Behaviour): void {
    this.orders.always(target, behaviour);
  }

  /** Removes everything set by `changeMetadata`, `redirect`, `next` and `always`. */
  behave(): void {
    this.metadataChange = {};
    this.redirects.clear();
    this.orders.forget();
  }

  /** Makes all issued access tokens invalid; refresh tokens stay valid. */
  expireAccessTokens(): void {
    this.records.forget(['AccessToken']);
  }

  /** Revokes everything that a user has granted. */
  revoke(user: string): void {
    this.records.forget(['AccessToken', 'RefreshToken', 'Grant'], user);
  }

  /** Forgets the clients that have registered themselves. */
  forgetClients(): void {
    this.records.forget(['Client']);
  }

  /** The number of clients that have registered themselves. */
  get registeredClients(): number {
    return this.records.count('Client');
  }

  requestsTo(target: Target): ReceivedRequest[] {
    return this.log.requests.filter((request) => hits(target, request));
  }

  /** The complete requests that arrived, at least the last 10,000. */
  get requests(): readonly ReceivedRequest[] {
    return this.log.requests;
  }

  clearRequests(): void {
    this.log.clear();
  }

  /** Resolves with the next request to the target, before it is answered. */
  nextRequest(target: Target): Promise<ReceivedRequest> {
    return this.log.next('request', target);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(request, response);
    this.log.begin();
    void exchange.ended.then((abortedByClient) => this.log.end(exchange.received, abortedByClient));
    try {
      const text = await exchange.bodyText();
      exchange.received = receivedRequest(request, text);
      this.log.add(exchange.received);
      await this.answer(exchange, request, response, text);
    } catch (error) {
      exchange.fail(faultOf(500, String(error)));
    }
  }

  private async answer(
    exchange: Exchange,
    request: IncomingMessage,
    response: ServerResponse,
    text: string,
  ): Promise<void> {
    const received = exchange.received!;
    const endpoint = endpointOf(received.path);
    const location = [...this.redirects].find(([target]) => hits(target, received))?.[1];
    if (location !== undefined) return void response.writeHead(307, { location }).end();
    const behaviour = this.orders.take(received);
    if (behaviour !== undefined && (await perform(behaviour, exchange, faultOf))) return;
    if (endpoint === 'interaction') return this.interact(request, response, text);
    const changed = endpoint.endsWith('-metadata') && Object.keys(this.metadataChange).length > 0;
    if (!changed) return this.provider.callback()(replayed(request, text), response);
    exchange.json(200, { ...this.metadata, ...this.metadataChange });
  }

  private async learnMetadata(): Promise<void> {
    const response = await fetch(`${this.issuer}/.well-known/oauth-authorization-server`);
    this.metadata = (await response.json()) as object;
    this.clearRequests();
  }

  private interact(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
    if (request.method !== 'POST') return this.consentPage.show(request, response);
    return this.consentPage.decide(request, response, new URLSearchParams(text));
  }
}

/** An error in the form of RFC 6749, 5.2. */
const faultOf = (status: number, message: string): Fault => ({
  status,
  body: { error: status >= 500 ? 'server_error' : 'invalid_request', error_description: message },
});
