import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { perform, type Behaviour, type FaultOf } from '../http/behaviour.js';
import { Exchange, type ReceivedRequest } from '../http/exchange.js';
import { Orders } from '../http/orders.js';
import { RequestLog } from '../http/request-log.js';
import type { PackageDefinition } from './package-definition.js';
import { PublishedPackage } from './published-package.js';
import { hits, subjectOf, type Subject, type Target } from './target.js';
import { tarballOf } from './tarball.js';

export interface NpmRegistryOptions {
  /** URL of a real registry that serves packages that were not published here. */
  readonly upstream?: string;
}

export interface PublishedVersion {
  readonly integrity: string;
}

const ABBREVIATED = 'application/vnd.npm.install-v1+json';
/** The header of the public registry: for this time npm uses a cached document without a request. */
const CACHE_CONTROL = 'public, max-age=300';

const faultOf: FaultOf = (status, message) => ({ status, body: { error: message } });

/**
 * An npm registry in an HTTP server on loopback: documents of packages, full and abbreviated, with ETag, and their tarballs.
 *
 * Lifecycle: 1. `start`; 2. tests publish packages and set the behaviour at any time; 3. `stop` closes all connections.
 */
export class NpmRegistrySimulator {
  private readonly packages = new Map<string, PublishedPackage>();
  private readonly log = new RequestLog(hits);
  private readonly orders = new Orders(hits);
  private readonly server: Server;

  private constructor(private readonly options: NpmRegistryOptions) {
    this.server = createServer(
      { keepAliveTimeout: 0 },
      (request, response) => void this.serve(new Exchange(request, response)),
    );
  }

  static async start(options: NpmRegistryOptions = {}): Promise<NpmRegistrySimulator> {
    const simulator = new NpmRegistrySimulator(options);
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

  /** Publishes a version and replaces the same version of the package, if there is one. */
  async publish(definition: PackageDefinition): Promise<PublishedVersion> {
    const { name } = definition;
    const known = this.packages.get(name) ?? new PublishedPackage(name);
    this.packages.set(name, known);
    return { integrity: known.publish(definition, await tarballOf(definition)) };
  }

  async publishAll(definitions: readonly PackageDefinition[]): Promise<void> {
    for (const definition of definitions) await this.publish(definition);
  }

  /** Makes the dist-tag name this version. */
  tag(name: string, tag: string, version: string): void {
    this.packageOf(name).tag(tag, version);
  }

  deprecate(name: string, version: string, words: string): void {
    this.packageOf(name).deprecate(version, words);
  }

  /** Serves the tarball of this definition, while the document still describes the one that was published. */
  async replaceTarball(definition: PackageDefinition): Promise<void> {
    this.packageOf(definition.name).replaceTarball(definition.version, await tarballOf(definition));
  }

  /**
   * Shows this behaviour once, for the next request to the target. Two calls apply to the next two requests. `cut` cuts in the middle of
   * the real answer.
   */
  next(target: Target, behaviour: Behaviour): void {
    this.orders.next(target, behaviour);
  }

  /** Shows this behaviour for all requests to the target from now on. */
  always(target: Target, behaviour: Behaviour): void {
    this.orders.always(target, behaviour);
  }

  /** Removes all behaviours set by `next` and `always`. */
  behave(): void {
    this.orders.forget();
  }

  /** Returns the requests to the target so far. */
  requestsTo(target: Target): ReceivedRequest[] {
    return this.log.requests.filter((request) => hits(target, request));
  }

  /** The number of requests, of those in flight, and the largest number in flight at a time. */
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
    return this.log.next('request', target);
  }

  /** Resolves with the next request to the target that its client aborts. */
  nextAbort(target: Target): Promise<ReceivedRequest> {
    return this.log.next('abort', target);
  }

  private packageOf(name: string): PublishedPackage {
    const found = this.packages.get(name);
    if (!found) throw new Error(`${name} is not published`);
    return found;
  }

  private async serve(exchange: Exchange): Promise<void> {
    this.log.begin();
    void exchange.ended.then((abortedByClient) => this.log.end(exchange.received, abortedByClient));
    try {
      await this.handle(exchange);
    } catch (error) {
      exchange.fail(faultOf(500, String(error)));
    }
  }

  private async handle(exchange: Exchange): Promise<void> {
    const { method = '', url = '', headers } = exchange.request;
    const { pathname: path, searchParams } = new URL(url, 'http://registry.test');
    const received = { method, path, query: Object.fromEntries(searchParams), headers };
    exchange.received = received;
    this.log.add(received);
    const behaviour = this.orders.take(received);
    if (behaviour === 'cut') exchange.cutInTheMiddle();
    else if (behaviour !== undefined && (await perform(behaviour, exchange, faultOf))) return;
    const subject = method === 'GET' ? subjectOf(path) : undefined;
    if (subject && this.packages.has(subject.name)) this.answer(subject, exchange);
    else if (this.options.upstream !== undefined) await this.passOn(this.options.upstream + url, exchange);
    else exchange.fail(faultOf(404, 'Not found'));
  }

  private answer({ name, file }: Subject, exchange: Exchange): void {
    const { accept = '', 'if-none-match': known } = exchange.request.headers;
    if (file !== undefined) {
      const tarball = this.packageOf(name).tarball(file);
      if (tarball) exchange.send(200, 'application/octet-stream', tarball);
      else exchange.fail(faultOf(404, 'Not found'));
      return;
    }
    const abbreviated = accept.includes(ABBREVIATED);
    const document = JSON.stringify(this.packageOf(name).document(this.url, abbreviated));
    const etag = `"${createHash('sha1').update(document).digest('hex')}"`;
    const headers = { etag, 'cache-control': CACHE_CONTROL, vary: 'accept' };
    const unchanged = known?.replace('W/', '') === etag;
    exchange.send(
      unchanged ? 304 : 200,
      abbreviated ? ABBREVIATED : 'application/json',
      unchanged ? '' : document,
      headers,
    );
  }

  private async passOn(url: string, exchange: Exchange): Promise<void> {
    const { accept = '*/*' } = exchange.request.headers;
    const answer = await fetch(url, { headers: { accept }, signal: exchange.gone });
    const type = answer.headers.get('content-type') ?? 'application/octet-stream';
    exchange.send(answer.status, type, Buffer.from(await answer.arrayBuffer()));
  }
}
