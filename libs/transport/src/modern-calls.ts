import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '@manifold/auth';
import { ProviderError } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import { EventStreams } from './event-streams.js';
import { invalidParams, JsonRpcError } from './json-rpc-error.js';
import { errorMessage, resultMessage, type JsonRpcRequest } from './json-rpc.js';
import { Methods } from './methods.js';
import { ModernCall, readAnswers, type Turn } from './modern-call.js';
import { capabilitiesOf, ModernCaller, readContinuation } from './modern-caller.js';
import { modernError } from './modern-error.js';
import { inputRequired, modernReadResult, modernResult } from './modern-result.js';
import { ParkedCalls } from './parked-calls.js';
import { PostAnswer } from './post-answer.js';
import { RequestRunner } from './request-runner.js';
import { RequestStates } from './request-state.js';
import { TaskExtension } from './task-extension.js';
import { TASK_METHODS } from './task-methods.js';

/** What may be answered by questions (2026-07-28, basic/patterns/mrtr, "Supported requests"). */
const MAY_ASK: readonly string[] = ['tools/call', 'prompts/get', 'resources/read'];

/** A request of the modern era, and who sent it. */
export interface ModernRequest {
  readonly message: JsonRpcRequest;
  readonly request: FastifyRequest;
  readonly principal: Principal;
  readonly view: View;
}

/** Runs the methods of the modern era. In this era a client that closes the connection has cancelled its request. */
@Injectable()
export class ModernCalls {
  constructor(
    private readonly methods: Methods,
    private readonly runner: RequestRunner,
    private readonly streams: EventStreams,
    private readonly parked: ParkedCalls,
    private readonly states: RequestStates,
    private readonly tasks: TaskExtension,
  ) {}

  serves(method: string): boolean {
    return this.methods.findInModernEra(method) !== undefined;
  }

  async run(from: ModernRequest, reply: FastifyReply): Promise<void> {
    const { message } = from;
    const answer = new PostAnswer(reply, this.streams);
    try {
      const turn = await this.turn(from, reply, answer);
      if (turn.kind === 'failure') throw turn.error;
      const text = turn.kind === 'result' ? turn.text : undefined;
      answer.end(text === undefined ? undefined : resultMessage(message.id, text));
    } catch (error) {
      if (!(error instanceof JsonRpcError)) throw error;
      const refusal = modernError(error);
      answer.end(errorMessage(message.id, refusal), refusal.status);
    }
  }

  /** @throws JsonRpcError */
  private async turn(from: ModernRequest, reply: FastifyReply, answer: PostAnswer): Promise<Turn> {
    const { message, request, principal, view } = from;
    const { method, params = {} } = message;
    const mayAsk = MAY_ASK.includes(method);
    if (mayAsk && params.requestState !== undefined) return this.goOn(this.parkedCall(from), from, reply, answer);

    const caller = new ModernCaller(principal, request.id, view, params, request.headers);
    const meetsClient = mayAsk || TASK_METHODS.includes(method);
    const capabilities = meetsClient
      ? this.tasks.relayedCapabilities(capabilitiesOf(params), view, principal)
      : undefined;
    const call = capabilities && new ModernCall(caller, readAnswers(params), capabilities);
    const encode = method === 'resources/read' ? modernReadResult : modernResult;
    const running = this.runner.run(message, this.methods.findInModernEra(method)!, caller, encode);
    if (call) {
      call.start(running);
      return this.goOn(call, from, reply, answer);
    }
    caller.answer = answer;
    reply.raw.once('close', () => caller.cancel());
    return { kind: 'result', text: await running };
  }

  /** The call that the client has the answers for. @throws JsonRpcError -32602 */
  private parkedCall({ message, principal, view }: ModernRequest): ModernCall {
    const { params = {} } = message;
    const [answers, continuation] = [readAnswers(params), readContinuation(params)];
    const call = this.parked.take(this.states.read(params.requestState, message, principal, view, Date.now()));
    if (!call) throw invalidParams('The call that requestState names has ended: send the request without it');
    call.caller.continueIn(continuation);
    call.client.take(answers);
    return call;
  }

  /** Until the call has its result, or something to ask. */
  private async goOn(call: ModernCall, from: ModernRequest, reply: FastifyReply, answer: PostAnswer): Promise<Turn> {
    const { caller } = call;
    caller.answer = answer;
    reply.raw.once('close', () => {
      if (caller.answer === answer) caller.cancel();
    });
    let turn = await call.next();
    while (turn.kind === 'questions' && !this.parked.hasPlaceFor(from.principal.key)) {
      call.client.refuse(new ProviderError('rate_limited', 'Too many calls wait for answers'));
      turn = await call.next();
    }
    return turn.kind === 'questions' ? this.park(call, from) : turn;
  }

  private park(call: ModernCall, { message, principal, view }: ModernRequest): Turn {
    const { id, state } = this.states.mint(message, principal, view, Date.now());
    const text = inputRequired(call.client.questions, state);
    call.caller.answer = undefined;
    this.parked.park(id, call);
    return { kind: 'result', text };
  }
}
