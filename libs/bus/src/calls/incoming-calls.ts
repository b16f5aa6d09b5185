import { Logger } from '@nestjs/common';
import { Canceller } from '@manifold/async';
import { ReplicaGoneError } from '../replica-gone-error.js';
import type { ErrorCodec, Topic } from '../topic.js';
import type { CallHandler, IncomingCall } from './call.js';
import type { FromCalled, FromCaller, Send } from './call-envelope.js';

type Handler = CallHandler<never, unknown, never, never>;
type Reply = Extract<FromCaller, { kind: 'reply' | 'refused' }>;

interface OpenSide {
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/** A running call of another replica. */
class RunningCall implements IncomingCall<unknown, unknown> {
  readonly signal = new Canceller();
  private readonly open = new Map<number, OpenSide>();
  /** Number of side messages that were sent. */
  sides = 0;
  /** Number of replies that have arrived. */
  replies = 0;
  private isOver = false;

  constructor(
    readonly from: string,
    readonly errors: ErrorCodec | undefined,
    readonly id: number,
    private readonly post: (envelope: FromCalled) => void,
  ) {}

  tell(body: unknown): void {
    if (this.isOver) return;
    this.sides += 1;
    this.post({ kind: 'side', id: this.id, body });
  }

  ask(body: unknown): Promise<unknown> {
    if (this.isOver) return Promise.reject((this.signal.reason as Error | undefined) ?? hasEnded());
    this.sides += 1;
    const number = this.sides;
    return new Promise((resolve, reject) => {
      this.open.set(number, { resolve, reject });
      this.post({ kind: 'side', id: this.id, body, number });
    });
  }

  replied(envelope: Reply): void {
    this.replies += 1;
    const side = this.open.get(envelope.number);
    this.open.delete(envelope.number);
    if (envelope.kind === 'reply') side?.resolve(envelope.body);
    else side?.reject(readError(this.errors, envelope.error) ?? new ReplicaGoneError('The caller could not answer'));
  }

  abort(reason: Error): void {
    this.isOver = true;
    this.signal.abort(reason);
    this.rejectOpen(reason);
  }

  end(): void {
    this.isOver = true;
    this.rejectOpen(hasEnded());
  }

  private rejectOpen(reason: Error): void {
    for (const { reject } of this.open.values()) reject(reason);
    this.open.clear();
  }
}

/** The calls of other replicas that run here, and the handlers that answer them. */
export class IncomingCalls {
  private readonly logger = new Logger(IncomingCalls.name);
  private readonly handlers = new Map<string, { readonly errors?: ErrorCodec; readonly handle: Handler }>();
  private readonly running = new Map<string, RunningCall>();

  constructor(private readonly send: Send) {}

  get size(): number {
    return this.running.size;
  }

  /** Sets the handler of a topic. */
  handle<Message, Answer, Side, SideReply>(
    topic: Topic<Message, Answer, Side, SideReply>,
    handler: CallHandler<Message, Answer, Side, SideReply>,
  ): () => void {
    const { name, errors } = topic;
    this.handlers.set(name, { errors, handle: handler as unknown as Handler });
    return () => this.handlers.delete(name);
  }

  receive(envelope: FromCaller, from: string): void {
    if (envelope.kind === 'ask') return void this.serve(envelope, from);
    const key = keyOf(from, envelope.id);
    const call = this.running.get(key);
    switch (envelope.kind) {
      case 'reply':
      case 'refused':
        return call?.replied(envelope);
      case 'cancel':
        return this.abort(
          key,
          readError(call?.errors, envelope.reason) ?? new Error('The caller has cancelled the call'),
        );
      case 'waiting':
        if (call?.replies === envelope.replies) return;
        this.abort(key, new ReplicaGoneError('Messages of the caller were lost'));
        return this.post(from, { kind: 'failed', id: envelope.id });
    }
  }

  /** Finds out whether the callers are alive and still wait. */
  check(): void {
    for (const [key, { from, id, sides }] of this.running)
      this.send(from, { kind: 'running', id, sides }).catch((error: ReplicaGoneError) => this.abort(key, error));
  }

  abortAll(reason: ReplicaGoneError): void {
    for (const key of [...this.running.keys()]) this.abort(key, reason);
  }

  private async serve({ id, topic, body }: Extract<FromCaller, { kind: 'ask' }>, from: string): Promise<void> {
    const handler = this.handlers.get(topic);
    if (!handler) {
      this.logger.debug({ msg: 'call ignored: this replica has no handler for it', topic });
      return this.post(from, { kind: 'failed', id });
    }
    const { errors, handle } = handler;
    const key = keyOf(from, id);
    const call = new RunningCall(from, errors, id, (envelope) => this.post(from, envelope));
    this.running.set(key, call);
    const answer = await this.answer(call, topic, () => handle(body as never, call as never));
    call.end();
    if (this.running.delete(key)) this.post(from, answer);
  }

  private async answer(call: RunningCall, topic: string, run: () => Promise<unknown>): Promise<FromCalled> {
    const { id, errors, signal } = call;
    try {
      return { kind: 'answer', id, body: await run() };
    } catch (err) {
      const error = errors?.write(err);
      if (error === undefined && !signal.aborted)
        this.logger.warn({ msg: 'failed to answer a call of another replica', topic, err });
      return { kind: 'failed', id, error };
    }
  }

  private abort(key: string, reason: Error): void {
    const call = this.running.get(key);
    this.running.delete(key);
    call?.abort(reason);
  }

  /** Sends an envelope. If it does not arrive, the next check finds that out. */
  private post(replica: string, envelope: FromCalled): void {
    this.send(replica, envelope).catch(() => undefined);
  }
}

const keyOf = (from: string, id: number): string => `${from} ${id}`;

const readError = (errors: ErrorCodec | undefined, written: unknown): Error | undefined =>
  errors && written !== undefined ? errors.read(written) : undefined;

const hasEnded = (): ReplicaGoneError => new ReplicaGoneError('The call has ended');
