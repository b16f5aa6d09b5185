import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { OnCalled, type IncomingCall } from '@manifold/bus';
import { hiddenForms } from '@manifold/secrets';
import { ProviderError } from '@manifold/tool-provider';
import { untilAborted } from '@manifold/async';
import { LATE_CALLS_MS, type CallsInFlight } from '../model/calls-in-flight.js';
import { NotSentError, type LogRing, type RequestOptions } from '@manifold/mcp-client';
import type { LeasedConnection } from './leased-connection.js';
import { ATTACH, OPERATION, type Attached, type Operation, type ServerNotification } from './singleton-messages.js';

/** Time limit of operations of other replicas other than requests. The asking replicas have limits of their own. */
const LISTING_LIMIT_MS = 60_000;
const LAST_CALLS_MS = 10_000;

/** The state that the gateway keeps for a server that runs here. */
export interface HostContext {
  /** The running calls, including those of other replicas. */
  readonly calls: CallsInFlight;
  readonly log: LogRing;
}

/** Identity of a singleton server, the same on all replicas. */
export interface SingletonServer {
  /** Key of the server, or of the user's instance if each user has one. */
  readonly key: string;
  /** Hash of all settings of the record that affect the running server. */
  readonly settings: string;
}

/** A server that runs or is starting here. */
interface Served {
  readonly settings: string;
  readonly opening: Promise<LeasedConnection>;
  readonly context: HostContext;
}

interface Serving {
  readonly connection: LeasedConnection;
  readonly context: HostContext;
  /** Pass its notifications to the replicas that are attached. */
  readonly listeners: Set<(notification: ServerNotification) => void>;
}

type Request = Extract<Operation, { kind: 'request' }>;
type AttachCall = IncomingCall<Attached | ServerNotification>;
type OperationCall = IncomingCall<(typeof OPERATION)['side'], (typeof OPERATION)['reply']>;

/** Lets other replicas use the singleton servers that run on this one. */
@Injectable()
export class SingletonHost {
  private readonly byKey = new Map<string, Served>();
  private readonly connections = new Map<string, Serving>();
  /** Number of requests of other replicas that run here. */
  private running = 0;

  /**
   * Offers a server to other replicas.
   * @param opening the connection to the server, which may still be starting
   */
  serve({ key, settings }: SingletonServer, opening: Promise<LeasedConnection>, context: HostContext): void {
    const served: Served = { settings, opening, context };
    this.byKey.set(key, served);
    const over = (): void => {
      if (this.byKey.get(key) === served) this.byKey.delete(key);
    };
    opening.then((connection) => {
      this.introduce(connection, context);
      void connection.ended.then(over);
    }, over);
  }

  /**
   * Tells other replicas that this one is shutting down. Resolves when their running calls and late calls have ended, after
   * about 10 s at most.
   */
  async leave(): Promise<void> {
    const serving = [...this.connections.values()];
    if (serving.length === 0) return;
    for (const { connection } of serving) connection.leave();
    const until = performance.now() + LAST_CALLS_MS;
    do await delay(LATE_CALLS_MS);
    while (this.running > 0 && performance.now() < until);
  }

  private introduce(connection: LeasedConnection, context: HostContext): void {
    const serving: Serving = { connection, context, listeners: new Set() };
    this.connections.set(connection.id, serving);
    const tell = (notification: ServerNotification): void => {
      for (const listener of serving.listeners) listener(notification);
    };
    connection.onToolsChanged(() => tell({ kind: 'tools' }));
    connection.onPrimitivesChanged(() => tell({ kind: 'primitives' }));
    connection.onResourceUpdated((params) => tell({ kind: 'updated', params }));
    // Replicas that were attached before the end still receive the answers to their requests.
    void connection.gone.then(() => this.connections.delete(connection.id));
  }

  /** Lets another replica use a server, until the connection ends or that replica detaches. */
  @OnCalled(ATTACH)
  async attach({ key, settings }: SingletonServer, call: AttachCall): Promise<string | undefined> {
    const served = this.byKey.get(key);
    // If the settings differ, one of the two replicas has not yet noticed that they changed.
    if (served?.settings !== settings) return undefined;
    const connection = await served.opening.catch(() => undefined);
    const serving = connection && this.connections.get(connection.id);
    if (!serving || call.signal.aborted) return undefined;
    const listener = (notification: ServerNotification): void => call.tell(notification);
    serving.listeners.add(listener);
    call.tell({ kind: 'attached', connection: connection.id, initializeResult: connection.initializeResult });
    try {
      return await untilAborted(connection.ended, call.signal);
    } finally {
      serving.listeners.delete(listener);
    }
  }

  @OnCalled(OPERATION)
  async operate({ connection: id, operation }: (typeof OPERATION)['message'], call: OperationCall): Promise<unknown> {
    const serving = this.connections.get(id);
    if (!serving) throw new NotSentError('The server has ended, or moved to another replica');
    try {
      return await this.run(serving, operation, call);
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw new ProviderError('upstream_unavailable', 'The server is not available', { cause: error });
    }
  }

  private async run(serving: Serving, operation: Operation, call: OperationCall): Promise<unknown> {
    const { connection } = serving;
    if (operation.kind === 'request') return this.request(serving, operation, call);
    if (operation.kind === 'unsubscribe') return connection.unsubscribeFor(call.from, operation.uri);
    const signal = AbortSignal.timeout(LISTING_LIMIT_MS);
    if (operation.kind === 'tools') return connection.listTools(signal);
    if (operation.kind === 'primitives') return connection.listPrimitives(signal);
    return connection.subscribeFor(call.from, operation.uri, signal);
  }

  private async request(
    { connection, context: { calls, log } }: Serving,
    request: Request,
    call: OperationCall,
  ): Promise<unknown> {
    const { method, params, secrets = [] } = request;
    this.running += 1;
    calls.begin();
    const hidden = hiddenForms(secrets);
    log.hide(hidden);
    try {
      return await connection.request(method, params, { ...relayed(request, call), signal: call.signal });
    } finally {
      log.reveal(hidden);
      calls.end();
      this.running -= 1;
    }
  }
}

/** Returns options that forward the server's messages for a request to the replica of the caller. */
function relayed(
  { meta, wantsProgress, wantsLog, client }: Request,
  call: OperationCall,
): Omit<RequestOptions, 'signal'> {
  return {
    meta,
    onProgress: wantsProgress ? (progress) => call.tell({ kind: 'progress', progress }) : undefined,
    onLog: wantsLog ? (message) => call.tell({ kind: 'log', message }) : undefined,
    client: client && {
      ...client,
      request: async (requests) => (await call.ask({ kind: 'requests', requests })) ?? {},
    },
  };
}
