import { Injectable } from '@nestjs/common';
import type { Cancellation } from '@manifold/async';
import { Bus, OnCalled, ReplicaGoneError, Topic, type ErrorCodec, type IncomingCall } from '@manifold/bus';
import { invalidParams, JsonRpcError } from '../json-rpc/json-rpc-error.js';
import type { Params } from '../json-rpc/json-rpc.js';
import type { Outcome } from './modern-call.js';
import type { Continuation } from './modern-caller.js';
import { ParkedCalls } from './parked-calls.js';

/** A client's request to continue a parked call. */
interface Resumption {
  readonly id: string;
  readonly answers: Params;
  readonly continuation: Continuation;
}

/** Receiver of the messages that precede the result. */
interface Outlet {
  send(message: string): void;
}

/** An `Outcome` as JSON. Failures are errors of the call. */
type RemoteOutcome =
  { readonly kind: 'result'; readonly text?: string } | Extract<Outcome, { readonly kind: 'input_required' }>;

const JSON_RPC_ERRORS: ErrorCodec = {
  write(error) {
    if (!(error instanceof JsonRpcError)) return undefined;
    const { code, message, status, data } = error;
    return { code, message, status, data };
  },
  read(written) {
    const { code, message, status, data } = written as JsonRpcError;
    return new JsonRpcError(code, message, status, { data });
  },
};

/** The side messages are those that precede the result. */
const RESUME = new Topic<Resumption, RemoteOutcome, string>('calls.continue', JSON_RPC_ERRORS);

/** Continues parked calls at whichever replica holds them. Clients do not know about replicas. */
@Injectable()
export class RemoteCalls {
  constructor(
    private readonly parked: ParkedCalls,
    private readonly bus: Bus,
  ) {}

  /**
   * @param outlet gets the messages that precede the result
   * @param left aborts when the client disconnects, which cancels the call
   * @throws JsonRpcError -32602 if the call has ended
   */
  async resume(resumption: Resumption, outlet: Outlet, left: Cancellation): Promise<Outcome> {
    const replica = this.parked.elsewhere(resumption.id);
    if (replica === undefined) return this.resumeHere(resumption, outlet, left);
    const onMessage = (message: string): void => outlet.send(message);
    try {
      const outcome = await this.bus.call(replica, RESUME, resumption, { signal: left, onMessage });
      return outcome.kind === 'result' ? { kind: 'result', text: outcome.text } : outcome;
    } catch (error) {
      if (left.aborted) return { kind: 'result', text: undefined };
      throw error instanceof ReplicaGoneError ? hasEnded() : error;
    }
  }

  /** Continues a call at this replica for a client of another one. When that replica ends, its client has disconnected. */
  @OnCalled(RESUME)
  async serve(resumption: Resumption, call: IncomingCall<string>): Promise<RemoteOutcome> {
    const outcome = await this.resumeHere(resumption, { send: (message) => call.tell(message) }, call.signal);
    if (outcome.kind === 'failure') throw outcome.error;
    return outcome.kind === 'result' ? { kind: 'result', text: outcome.text && String(outcome.text) } : outcome;
  }

  private async resumeHere(
    { id, answers, continuation }: Resumption,
    outlet: Outlet,
    left: Cancellation,
  ): Promise<Outcome> {
    const call = this.parked.take(id);
    if (!call) throw hasEnded();
    const { caller } = call;
    caller.continueIn(continuation);
    call.client.take(answers);
    caller.answer = outlet;
    // The call may belong to another request of the client by then, or wait for one.
    left.addEventListener('abort', { handleEvent: () => caller.answer === outlet && caller.cancel() });
    return this.parked.untilInputRequired(call);
  }
}

const hasEnded = (): JsonRpcError =>
  invalidParams('The call that requestState names has ended: send the request without it');
