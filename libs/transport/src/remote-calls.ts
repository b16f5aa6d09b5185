import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Bus, ReplicaGoneError, Topic, type Unsubscribe } from '@manifold/bus';
import type { Question } from '@manifold/tool-provider';
import { invalidParams, JsonRpcError } from './json-rpc-error.js';
import type { Params } from './json-rpc.js';
import type { Outcome } from './modern-call.js';
import type { Continuation, ModernCaller } from './modern-caller.js';
import { ParkedCalls } from './parked-calls.js';

/** A request of the client that goes on with a parked call. */
interface Resumption {
  readonly id: string;
  readonly answers: Params;
  readonly continuation: Continuation;
}

/** Where messages before the result go. */
interface Outlet {
  send(message: string): void;
}

/** An `Outcome` as JSON. */
type RemoteOutcome =
  | { readonly kind: 'result'; readonly text?: string }
  | { readonly kind: 'questions'; readonly id: string; readonly questions: Readonly<Record<string, Question>> }
  | {
      readonly kind: 'failure';
      readonly code: number;
      readonly message: string;
      readonly status: number;
      readonly data?: unknown;
    };

const GO_ON = new Topic<Resumption & { readonly exchange: number }, RemoteOutcome>('calls.go-on');
const MESSAGE = new Topic<{ readonly exchange: number; readonly message: string }>('calls.message');
const LEFT = new Topic<{ readonly exchange: number }>('calls.left');

/** Goes on with parked calls, wherever they wait: the client knows nothing of replicas. */
@Injectable()
export class RemoteCalls implements OnModuleInit, OnApplicationShutdown {
  private count = 0;
  /** Requests of clients here whose calls are elsewhere. */
  private readonly outlets = new Map<number, Outlet>();
  /** Calls here that go on for clients elsewhere, by replica and exchange. */
  private readonly callers = new Map<string, { readonly caller: ModernCaller; readonly outlet: Outlet }>();
  private unsubscribe: Unsubscribe[] = [];

  constructor(
    private readonly parked: ParkedCalls,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = [
      this.bus.onAsked(GO_ON, ({ exchange, ...resumption }, from) => this.serve(resumption, exchange, from)),
      this.bus.onTold(MESSAGE, ({ exchange, message }) => this.outlets.get(exchange)?.send(message)),
      this.bus.onTold(LEFT, ({ exchange }, from) => {
        const served = this.callers.get(`${from} ${exchange}`);
        if (served) cancelIn(served.caller, served.outlet);
      }),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  /**
   * @param outlet gets what goes before the result
   * @returns what the request comes to, and what is to be called when the client has left: in this era it has cancelled then
   * @throws JsonRpcError -32602 when the call has ended
   */
  goOn(resumption: Resumption, outlet: Outlet): [Promise<Outcome>, () => void] {
    const replica = this.parked.elsewhere(resumption.id);
    if (replica !== undefined) return this.goOnAt(replica, resumption, outlet);
    const { caller, outcome } = this.resume(resumption, outlet);
    return [outcome, () => cancelIn(caller, outlet)];
  }

  private goOnAt(replica: string, resumption: Resumption, outlet: Outlet): [Promise<Outcome>, () => void] {
    const exchange = (this.count += 1);
    this.outlets.set(exchange, outlet);
    const outcome = this.bus
      .ask(replica, GO_ON, { ...resumption, exchange })
      .then(outcomeOf, (error: unknown) => {
        throw error instanceof ReplicaGoneError ? hasEnded() : error;
      })
      .finally(() => this.outlets.delete(exchange));
    return [outcome, () => this.outlets.has(exchange) && this.bus.tell(replica, LEFT, { exchange })];
  }

  private async serve(resumption: Resumption, exchange: number, from: string): Promise<RemoteOutcome> {
    const key = `${from} ${exchange}`;
    const outlet: Outlet = { send: (message) => this.bus.tell(from, MESSAGE, { exchange, message }) };
    try {
      const { caller, outcome } = this.resume(resumption, outlet);
      this.callers.set(key, { caller, outlet });
      return remoteOutcome(await outcome);
    } catch (error) {
      return failure(error);
    } finally {
      this.callers.delete(key);
    }
  }

  private resume(
    { id, answers, continuation }: Resumption,
    outlet: Outlet,
  ): { caller: ModernCaller; outcome: Promise<Outcome> } {
    const call = this.parked.take(id);
    if (!call) throw hasEnded();
    const { caller } = call;
    caller.continueIn(continuation);
    call.client.take(answers);
    caller.answer = outlet;
    return { caller, outcome: this.parked.untilAsked(call) };
  }
}

/** Unless the call belongs to another request of the client by now, or waits for one. */
function cancelIn(caller: ModernCaller, outlet: Outlet): void {
  if (caller.answer === outlet) caller.cancel();
}

const hasEnded = (): JsonRpcError =>
  invalidParams('The call that requestState names has ended: send the request without it');

function outcomeOf(outcome: RemoteOutcome): Outcome {
  if (outcome.kind === 'result') return { kind: 'result', text: outcome.text };
  if (outcome.kind === 'questions') return outcome;
  const { code, message, status, data } = outcome;
  return { kind: 'failure', error: new JsonRpcError(code, message, status, { data }) };
}

function remoteOutcome(outcome: Outcome): RemoteOutcome {
  if (outcome.kind === 'result') return { kind: 'result', text: outcome.text && String(outcome.text) };
  return outcome.kind === 'failure' ? failure(outcome.error) : outcome;
}

/** @throws what is no error for clients */
function failure(error: unknown): RemoteOutcome {
  if (!(error instanceof JsonRpcError)) throw error;
  const { code, message, status, data } = error;
  return { kind: 'failure', code, message, status, data };
}
