import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import PQueue from 'p-queue';
import { tupleKey } from '@manifold/async';
import { Config } from '@manifold/config';
import { addressPolicyForPrograms, type AddressPolicy } from '../address-policy.js';
import { AddressResolver } from '../address-resolver.js';
import { EgressLimits } from '../egress-limits.js';
import { FairResolver } from './fair-resolver.js';
import { forward, tunnel } from './forwarding.js';
import { ProxyAccess, type ProxyClient, type ProxyEntrance } from './proxy-access.js';
import { ProxyDialler } from './proxy-dialler.js';
import { ProxyLimits } from './proxy-limits.js';
import { answerRefusal, ProxyRefusal, refusalFor, refuseTunnel } from './proxy-refusal.js';
import { requestTarget, tunnelTarget, type ProxyTarget } from './proxy-target.js';
import { RefusedHosts } from './refused-hosts.js';

/**
 * The way out for programs that the gateway starts: an HTTP proxy on loopback.
 *
 * 1. `open` gives a launch a credential, and the variables that lead its programs here.
 * 2. Each request names its target. The list of the client and the address policy of the gateway decide (threats 21 and 22).
 * 3. Requests and tunnels pass through, bounded in number, in names that are looked up, in idle time and, by back-pressure, in memory.
 * 4. `ProxyAccess.close` ends all connections of the launch.
 */
@Injectable()
export class EgressProxy implements OnApplicationShutdown {
  private readonly logger = new Logger(EgressProxy.name);
  private readonly accesses = new Map<string, ProxyAccess>();
  /** The clients of connections that came from a listener of theirs. */
  private readonly arrivals = new WeakMap<Socket, ProxyAccess>();
  /** The clients of all other connections that have shown a credential, and of those. */
  private readonly owners = new WeakMap<Socket, ProxyAccess>();
  private readonly strangers = new Set<Socket>();
  private readonly answering = new WeakMap<Socket, ServerResponse>();
  private readonly told = new RefusedHosts();
  private readonly policy: AddressPolicy;
  private readonly lookups: PQueue;
  private readonly server: Server;
  private listening?: Promise<unknown>;
  private connections = 0;

  constructor(
    config: Config,
    private readonly resolver: AddressResolver,
    private readonly egressLimits: EgressLimits,
    private readonly limits: ProxyLimits,
  ) {
    this.policy = addressPolicyForPrograms(config);
    const { headerBytes, headersMs, lookups } = limits;
    this.lookups = new PQueue({ concurrency: lookups });
    const options = { maxHeaderSize: headerBytes, headersTimeout: headersMs, requestTimeout: 0 };
    this.server = createServer({ ...options, connectionsCheckingInterval: headersMs / 2 });
    this.server.on('error', (err) => this.logger.error({ msg: 'the egress proxy cannot take connections', err }));
    this.server.on('connection', (socket) => this.welcome(socket));
    this.server.on('request', (request, response) => void this.onRequest(request, response));
    this.server.on('connect', (request, socket, head) => void this.onConnect(request, socket as Socket, head));
  }

  /** Gives a client access. The caller closes it when the last program of the client has ended. */
  async open(client: ProxyClient): Promise<ProxyAccess> {
    this.listening ??= once(this.server.listen(0, '127.0.0.1').unref(), 'listening');
    await this.listening.catch((error: unknown) => {
      this.listening = undefined; // the next client tries again
      throw error;
    });
    const [id, password] = [randomBytes(9), randomBytes(24)].map((bytes) => bytes.toString('base64url'));
    const entrance: ProxyEntrance = {
      port: (this.server.address() as AddressInfo).port,
      accept: (socket, owner) => this.accept(socket, owner),
      forget: ({ id: closed }) => void this.accesses.delete(closed),
    };
    const resolver = new FairResolver(this.resolver, this.lookups, this.limits.connectionsPerClient);
    const dialler = new ProxyDialler(this.policy, resolver, this.egressLimits.connectMs);
    const access = new ProxyAccess(client, id!, password!, entrance, dialler);
    this.accesses.set(access.id, access);
    return access;
  }

  onApplicationShutdown(): void {
    for (const access of this.accesses.values()) access.close();
    for (const socket of this.strangers) socket.destroy();
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Takes a connection of a known client. */
  private accept(socket: Socket, access: ProxyAccess): void {
    this.arrivals.set(socket, access);
    this.server.emit('connection', socket);
  }

  /** Begins with a connection. One without a client is a stranger until it has shown a credential: any process of the machine can open it. */
  private welcome(socket: Socket): void {
    this.connections += 1;
    this.strangers.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.connections -= 1;
      this.strangers.delete(socket);
      this.owners.get(socket)?.sockets.delete(socket);
    });
    const owner = this.arrivals.get(socket);
    if (owner) return this.own(socket, owner);
    const [oldest] = this.strangers;
    if (this.strangers.size > this.limits.strangers) oldest!.destroy();
  }

  private own(socket: Socket, access: ProxyAccess): void {
    this.strangers.delete(socket);
    this.owners.set(socket, access);
    access.sockets.add(socket);
    // Those over the limit are answered, but not any number of them.
    if (access.sockets.size > 2 * this.limits.connectionsPerClient) socket.destroy();
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const previous = this.answering.get(socket);
    // One request at a time, so that connections bound the work. No client is known that sends several.
    if (previous && !previous.writableEnded) return void socket.destroy();
    this.answering.set(socket, response);
    response.sendDate = false; // that of the target is passed on
    try {
      const access = this.admit(request);
      const target = requestTarget(request.url ?? '');
      if (!target) throw malformed();
      const { socket: upstream, proxy } = await this.dial(access, target, 'request', socket);
      const { authorization } = proxy ?? {};
      const path = proxy ? `http://${target.authority}${target.path}` : target.path;
      forward(request, response, upstream, { ...target, path, authorization }, this.limits.idleMs);
    } catch (error) {
      answerRefusal(response, refusalFor(error, request.url ?? ''));
    }
  }

  private async onConnect(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => undefined); // the server no longer listens
    try {
      const access = this.admit(request);
      const target = tunnelTarget(request.url ?? '');
      if (!target) throw malformed();
      const { socket: upstream } = await this.dial(access, target, 'tunnel', socket);
      tunnel(socket, upstream, head, this.limits.idleMs);
    } catch (error) {
      refuseTunnel(socket, refusalFor(error, request.url ?? ''));
    }
  }

  /** Opens a connection to the target. @throws ProxyRefusal */
  private async dial(
    access: ProxyAccess,
    target: ProxyTarget,
    kind: 'request' | 'tunnel',
    client: Socket,
  ): ReturnType<ProxyDialler['dial']> {
    try {
      const dialled = await access.dialler.dial(target, kind, access.check(target));
      if (client.destroyed) dialled.socket.destroy();
      return dialled;
    } catch (error) {
      const refusal = refusalFor(error, target.authority);
      access.note(refusal.message);
      if (refusal.isForbidden) this.report(access, target, refusal);
      throw refusal;
    }
  }

  /** Finds the client of a request. @throws ProxyRefusal */
  private admit({ socket, headers }: IncomingMessage): ProxyAccess {
    const before = this.owners.get(socket);
    const access = this.arrivals.get(socket) ?? this.clientOf(headers);
    if (!access || (before && before !== access)) {
      const words =
        'The egress proxy serves programs that the gateway has started, while they run, with the credential in HTTP_PROXY';
      throw new ProxyRefusal('not_authenticated', words);
    }
    this.own(socket, access);
    const { connections, connectionsPerClient } = this.limits;
    if (access.sockets.size > connectionsPerClient || this.connections > connections) {
      const words = `Too many connections through the egress proxy: at most ${connectionsPerClient} of a server or install and ${connections} of all`;
      throw new ProxyRefusal('too_many_connections', words);
    }
    return access;
  }

  private clientOf(headers: IncomingMessage['headers']): ProxyAccess | undefined {
    const [, encoded] = /^Basic +(\S+)$/i.exec(headers['proxy-authorization'] ?? '') ?? [];
    const [, id, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
    const access = this.accesses.get(id ?? '');
    return access?.hasPassword(password ?? '') ? access : undefined;
  }

  /** Logs a refusal, once for each host of a client. */
  private report({ client }: ProxyAccess, { hostname, port }: ProxyTarget, { reason, message }: ProxyRefusal): void {
    const { tenant, name } = client;
    if (!this.told.isNew(tupleKey(tenant, name), hostname)) return;
    const target = { host: hostname, port };
    this.logger.warn({
      msg: 'the egress proxy refused a program',
      tenant,
      program: name,
      ...target,
      reason: message,
      code: reason,
    });
  }
}

const malformed = (): ProxyRefusal =>
  new ProxyRefusal('malformed', 'The egress proxy takes CONNECT host:port, and requests with an absolute http URL');
