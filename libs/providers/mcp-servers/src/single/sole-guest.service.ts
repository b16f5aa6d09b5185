import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, ReplicaGoneError, type Unsubscribe } from '@manifold/bus';
import { Canceller, untilAborted } from '@manifold/cancellation';
import { ProviderError } from '@manifold/tool-provider';
import { abortReason, NotSentError, type RequestOptions } from '../upstream/index.js';
import type { SoleServer } from './sole-host.service.js';
import { outcomeOf, valueOf, wireError } from './outcomes.js';
import { RemoteLine, type Carrier } from './remote-line.js';
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
  type Operation,
  type Outcome,
  type Remark,
} from './sole-messages.js';

/** A line of another replica, and what to call when that replica does not live any more. */
export interface AttachedLine {
  readonly line: RemoteLine;
  abandon(): void;
}

/** Where a line is. */
interface There {
  readonly replica: string;
  readonly line: string;
  /** Aborts when nothing will come from there any more. */
  readonly dead: Canceller;
  lost(reason: string): void;
}

/** Uses servers that run on another replica only. */
@Injectable()
export class SoleGuest implements OnModuleInit, OnApplicationShutdown {
  private count = 0;
  private readonly lines = new Map<number, RemoteLine>();
  private readonly exchanges = new Map<number, RequestOptions>();
  private unsubscribe: Unsubscribe[] = [];

  constructor(private readonly bus: Bus) {}

  onModuleInit(): void {
    this.unsubscribe = [
      this.bus.onTold(NOTICE, ({ handle, notice }) => this.lines.get(handle)?.noticed(notice)),
      this.bus.onTold(REMARK, ({ exchange, remark }) => this.remarked(exchange, remark)),
      this.bus.onAsked(QUESTIONS, ({ exchange, questions }) =>
        outcomeOf(async () => this.askClient(exchange, questions)),
      ),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  /**
   * Waits until the server has started there.
   * @param over called when the line is closed, or was lost
   * @returns undefined where it does not run there with these settings, or nobody can be asked
   */
  async attach(replica: string, { key, settings }: SoleServer, over: () => void): Promise<AttachedLine | undefined> {
    const handle = (this.count += 1);
    const attached = await this.bus.ask(replica, ATTACH, { key, settings, handle }).catch(() => undefined);
    if (!attached) return undefined;
    const lost = (reason: string): void => {
      this.lines.delete(handle);
      line.lost(reason);
    };
    const there: There = { replica, line: attached.line, dead: new Canceller(), lost };
    const line = new RemoteLine(attached.initializeResult, this.carrierTo(there, handle), over);
    const abandon = (): void => {
      there.dead.abort(unreachable());
      lost('The replica that runs the server cannot be reached');
    };
    this.lines.set(handle, line);
    void this.bus.ask(replica, ENDED, { line: attached.line }).then(lost, abandon);
    return { line, abandon };
  }

  private carrierTo(there: There, handle: number): Carrier {
    const { replica, line } = there;
    return {
      carry: (operation, options) => this.carry(there, operation, options),
      unsubscribe: (uri) => this.bus.tell(replica, UNSUBSCRIBE, { line, uri }),
      detach: () => {
        this.lines.delete(handle);
        this.bus.tell(replica, DETACH, { line, handle });
      },
    };
  }

  private async carry<Value>(there: There, operation: Operation, options: RequestOptions): Promise<Value> {
    const { replica, line, dead } = there;
    const { signal } = options;
    if (signal.aborted) throw abortReason(signal);
    const exchange = (this.count += 1);
    const cancel = {
      handleEvent: (): void => this.bus.tell(replica, CANCEL, { exchange, reason: wireError(abortReason(signal)) }),
    };
    this.exchanges.set(exchange, options);
    signal.addEventListener('abort', cancel);
    try {
      const asked = this.bus.ask(replica, OPERATION, { line, exchange, operation });
      return valueOf((await untilAborted(untilAborted(asked, signal), dead)) as Outcome<Value>);
    } catch (error) {
      if (error instanceof NotSentError) there.lost(error.message); // before it was told so
      if (signal.aborted) throw abortReason(signal);
      throw error instanceof ReplicaGoneError ? unreachable(error) : error;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.exchanges.delete(exchange);
    }
  }

  private remarked(exchange: number, remark: Remark): void {
    const options = this.exchanges.get(exchange);
    if (!options || options.signal.aborted) return;
    if (remark.kind === 'progress') options.onProgress?.(remark.progress);
    else options.onLog?.(remark.message);
  }

  private askClient(exchange: number, questions: Parameters<NonNullable<RequestOptions['client']>['ask']>[0]) {
    const client = this.exchanges.get(exchange)?.client;
    if (!client) throw new ProviderError('cancelled', 'The call for which this was asked has ended');
    return client.ask(questions);
  }
}

const unreachable = (cause?: unknown): ProviderError =>
  new ProviderError('upstream_unavailable', 'The replica that runs the server cannot be reached', { cause });
