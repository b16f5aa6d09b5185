import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Canceller } from '@manifold/async';
import type { JsonRpcRequest } from '../json-rpc/json-rpc.js';
import type { Text } from '../json-rpc/spliced-text.js';
import { TaskExtension } from '../methods/task-extension.js';
import { TASK_METHODS } from '../methods/task-methods.js';
import type { PostAnswer } from '../sessions/post-answer.js';
import { ModernCall, readAnswers, type Outcome } from './modern-call.js';
import { capabilitiesOf, readContinuation, type ModernCaller } from './modern-caller.js';
import type { ModernRequest } from './modern-request.js';
import { inputRequired } from './modern-result.js';
import { ParkedCalls } from './parked-calls.js';
import { RemoteCalls } from './remote-calls.js';
import { RequestStates } from './request-state.js';

/** Methods whose result may be input requests (2026-07-28, basic/patterns/mrtr, "Supported requests"). */
const MAY_REQUIRE_INPUT: readonly string[] = ['tools/call', 'prompts/get', 'resources/read'];

/** Runs the calls that may ask their client for input. Such a call may span several requests of the client. */
@Injectable()
export class RoundTrips {
  constructor(
    private readonly parked: ParkedCalls,
    private readonly remote: RemoteCalls,
    private readonly states: RequestStates,
    private readonly tasks: TaskExtension,
  ) {}

  /** Returns whether a request contains the answers for a parked call. */
  continues({ method, params }: JsonRpcRequest): boolean {
    return MAY_REQUIRE_INPUT.includes(method) && params?.requestState !== undefined;
  }

  /**
   * Makes a call whose backend can send requests to the client.
   * @returns undefined if the method allows no such requests or the client takes none
   * @throws JsonRpcError -32602
   */
  callOf({ method, params = {} }: JsonRpcRequest, caller: ModernCaller): ModernCall | undefined {
    if (!MAY_REQUIRE_INPUT.includes(method) && !TASK_METHODS.includes(method)) return undefined;
    const capabilities = this.tasks.relayedCapabilities(capabilitiesOf(params), caller.view, caller.principal);
    return capabilities && new ModernCall(caller, readAnswers(params), capabilities);
  }

  /** Waits until a running call has its result or needs input. */
  outcome(call: ModernCall, running: Promise<Text | undefined>): Promise<Outcome> {
    call.start(running);
    return this.parked.untilInputRequired(call);
  }

  /** Continues the call for which the client sends the answers. @throws JsonRpcError -32602 */
  resume({ message, principal, view }: ModernRequest, reply: FastifyReply, answer: PostAnswer): Promise<Outcome> {
    const { params = {} } = message;
    const [answers, continuation] = [readAnswers(params), readContinuation(params)];
    const id = this.states.read(params.requestState, message, principal, view, Date.now());
    const left = new Canceller();
    reply.raw.once('close', () => left.abort(new Error('The client has disconnected')));
    return this.remote.resume({ id, answers, continuation }, answer, left);
  }

  /**
   * Returns the result of an outcome. A result that asks for input names the parked call in its sealed state.
   * @throws the error of a call that has failed
   */
  resultOf(outcome: Outcome, { message, principal, view }: ModernRequest): Text | undefined {
    if (outcome.kind === 'failure') throw outcome.error;
    if (outcome.kind === 'result') return outcome.text;
    const state = this.states.mint(outcome.id, message, principal, view, Date.now());
    return inputRequired(outcome.inputRequests, state);
  }
}
