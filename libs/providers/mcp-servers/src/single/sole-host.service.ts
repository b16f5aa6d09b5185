import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, type Unsubscribe } from '@manifold/bus';
import { Canceller } from '@manifold/cancellation';
import type { AskableClient } from '@manifold/tool-provider';
import { LATE_CALLS_MS, type CallsInFlight } from '../calls-in-flight.js';
import { NotSentError, type LogRing, type RequestOptions } from '../upstream/index.js';
import { errorOf, outcomeOf, valueOf } from './outcomes.js';
import type { ServedLine } from './served-line.js';
import {
  ATTACH,
  CANCEL,
  DETACH,
  ENDED,
  NOTICE,
  OPERATION,
  QUESTIONS,
  REMARK,
  UNSUBSCRIBE,
  type Notice,
  type Operation,
  type Remark,
} from './sole-messages.js';

/** For what others ask beside calls: those who ask have limits of their own. */
const LISTING_LIMIT_MS = 60_000;
const LAST_CALLS_MS = 10_000;

/** What a server that runs here is for the gateway. */
export interface Household {
  /** Of other replicas, too. */
  readonly calls: CallsInFlight;
  readonly log: LogRing;
}

/** A server, and what all replicas call it. */
export interface SoleServer {
  /** Where each user has one, of the user. */
  readonly key: string;
  /** Stands for all that its record says of what runs. */
  readonly settings: string;
}

/** A server that runs here, or is about to. */
interface Served {
  readonly settings: string;
  readonly opening: Promise<ServedLine>;
  readonly household: Household;
}

interface Serving {
  readonly line: ServedLine;
  readonly household: Household;
  /** Those that hear what it says by itself: replica and handle. */
  readonly listeners: Map<string, { readonly replica: string; readonly handle: number }>;
}

type Request = Extract<Operation, { kind: 'request' }>;

/** Lets other replicas use the servers that run on this one only. */
@Injectable()
export class SoleHost implements OnModuleInit, OnApplicationShutdown {
  private readonly byKey = new Map<string, Served>();
  private readonly lines = new Map<string, Serving>();
  private readonly exchanges = new Map<string, Canceller>();
  private unsubscribe: Unsubscribe[] = [];

  constructor(private readonly bus: Bus) {}

  onModuleInit(): void {
    const { bus } = this;
    this.unsubscribe = [
      bus.onAsked(ATTACH, ({ handle, ...server }, from) => this.attach(server, handle, from)),
      bus.onAsked(ENDED, ({ line }) => this.lines.get(line)?.line.ended ?? Promise.resolve('The server has ended')),
      bus.onAsked(OPERATION, ({ line, exchange, operation }, from) =>
        outcomeOf(() => this.operate(line, exchange, from, operation)),
      ),
      bus.onTold(CANCEL, ({ exchange, reason }, from) =>
        this.exchanges.get(exchangeKey(from, exchange))?.abort(errorOf(reason)),
      ),
      bus.onTold(UNSUBSCRIBE, ({ line, uri }, from) => this.lines.get(line)?.line.unsubscribeFor(from, uri)),
      bus.onTold(DETACH, ({ line, handle }, from) => this.lines.get(line)?.listeners.delete(`${from} ${handle}`)),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  /** @param opening the server, which may be starting still */
  serve({ key, settings }: SoleServer, opening: Promise<ServedLine>, household: Household): void {
    const served: Served = { settings, opening, household };
    this.byKey.set(key, served);
    const over = (): void => {
      if (this.byKey.get(key) === served) this.byKey.delete(key);
    };
    opening.then((line) => {
      this.introduce(line, household);
      void line.ended.then(over);
    }, over);
  }

  /** Resolves when the calls of other replicas are over that are under way, and those that are on their way here; after a while at most. */
  async leave(): Promise<void> {
    const serving = [...this.lines.values()];
    if (serving.length === 0) return;
    for (const { line } of serving) line.leave();
    const until = performance.now() + LAST_CALLS_MS;
    do await delay(LATE_CALLS_MS);
    while (this.exchanges.size > 0 && performance.now() < until);
  }

  private introduce(line: ServedLine, household: Household): void {
    const serving: Serving = { line, household, listeners: new Map() };
    this.lines.set(line.id, serving);
    const tell = (notice: Notice): void => {
      for (const { replica, handle } of serving.listeners.values()) this.bus.tell(replica, NOTICE, { handle, notice });
    };
    line.onToolsChanged(() => tell({ kind: 'tools' }));
    line.onOfferChanged(() => tell({ kind: 'offer' }));
    line.onResourceUpdated((params) => tell({ kind: 'updated', params }));
    // Those who were attached when it was about to end still get their answers.
    void line.gone.then(() => this.lines.delete(line.id));
  }

  private async attach(
    { key, settings }: SoleServer,
    handle: number,
    from: string,
  ): Promise<(typeof ATTACH)['answer']> {
    const served = this.byKey.get(key);
    // One of the two replicas does not know yet that the settings have changed.
    if (served?.settings !== settings) return undefined;
    const line = await served.opening.catch(() => undefined);
    const serving = line && this.lines.get(line.id);
    if (!serving) return undefined;
    serving.listeners.set(`${from} ${handle}`, { replica: from, handle });
    return { line: line.id, initializeResult: line.initializeResult };
  }

  private async operate(id: string, exchange: number, from: string, operation: Operation): Promise<unknown> {
    const serving = this.lines.get(id);
    if (!serving) throw new NotSentError('The server has ended, or moved to another replica');
    const { line } = serving;
    if (operation.kind === 'request') return this.request(serving, exchange, from, operation);
    const signal = AbortSignal.timeout(LISTING_LIMIT_MS);
    if (operation.kind === 'tools') return line.listTools(signal);
    if (operation.kind === 'offer') return line.listOffer(signal);
    return line.subscribeFor(from, operation.uri, signal);
  }

  private async request(
    { line, household: { calls, log } }: Serving,
    exchange: number,
    from: string,
    request: Request,
  ): Promise<unknown> {
    const { method, params, secrets = [] } = request;
    const canceller = new Canceller();
    const key = exchangeKey(from, exchange);
    this.exchanges.set(key, canceller);
    calls.begin();
    log.hide(secrets);
    try {
      return await line.request(method, params, {
        ...this.relayed(exchange, from, request),
        signal: canceller,
      });
    } finally {
      log.reveal(secrets);
      calls.end();
      this.exchanges.delete(key);
    }
  }

  /** What the server says for a request goes to the replica where the caller is. */
  private relayed(exchange: number, from: string, request: Request): Omit<RequestOptions, 'signal'> {
    const { meta, wantsProgress, wantsLog, client } = request;
    const tell = (remark: Remark): void => this.bus.tell(from, REMARK, { exchange, remark });
    return {
      meta,
      onProgress: wantsProgress ? (progress) => tell({ kind: 'progress', progress }) : undefined,
      onLog: wantsLog ? (message) => tell({ kind: 'log', message }) : undefined,
      client: client && { ...client, ask: (questions) => this.ask(exchange, from, questions) },
    };
  }

  private async ask(
    exchange: number,
    from: string,
    questions: Parameters<AskableClient['ask']>[0],
  ): ReturnType<AskableClient['ask']> {
    return valueOf(await this.bus.ask(from, QUESTIONS, { exchange, questions }));
  }
}

const exchangeKey = (from: string, exchange: number): string => `${from} ${exchange}`;
