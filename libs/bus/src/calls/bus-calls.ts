import { ReplicaGoneError } from '../replica-gone-error.js';
import type { Topic } from '../topic.js';
import type { CallHandler, CallOptions } from './call.js';
import type { CallEnvelope, Send } from './call-envelope.js';
import { IncomingCalls } from './incoming-calls.js';
import { OutgoingCalls } from './outgoing-calls.js';

/** Milliseconds between two checks of the open calls. */
const CHECK_MS = 2_000;

/**
 * The calls of one replica, over any connection that keeps the order of messages or loses them.
 *
 * Every two seconds each side of an open call tells the other one that the call is open, and how many messages it has sent. A side ends
 * the call when the other replica has ended, does not know the call, or has sent more than arrived. No call waits for a lost message.
 */
export class BusCalls {
  private readonly outgoing: OutgoingCalls;
  private readonly incoming: IncomingCalls;
  private timer?: NodeJS.Timeout;
  private isClosed = false;

  /** @param replica the id of this replica */
  constructor(
    private readonly replica: string,
    send: Send,
  ) {
    this.outgoing = new OutgoingCalls(send);
    this.incoming = new IncomingCalls(send);
  }

  async call<Message, Answer, Side, Reply>(
    replica: string,
    topic: Topic<Message, Answer, Side, Reply>,
    message: Message,
    options: CallOptions<Side, Reply> = {},
  ): Promise<Answer> {
    if (replica === this.replica || this.isClosed) throw new ReplicaGoneError();
    if (options.signal?.aborted) throw options.signal.reason;
    const answer = this.outgoing.start(replica, topic, message, options);
    this.watch();
    return answer;
  }

  handle<Message, Answer, Side, Reply>(
    topic: Topic<Message, Answer, Side, Reply>,
    handler: CallHandler<Message, Answer, Side, Reply>,
  ): () => void {
    return this.incoming.handle(topic, handler);
  }

  receive(envelope: CallEnvelope, from: string): void {
    switch (envelope.kind) {
      case 'side':
      case 'answer':
      case 'failed':
      case 'running':
        return this.outgoing.receive(envelope, from);
      default:
        this.incoming.receive(envelope, from);
        this.watch();
    }
  }

  /** Ends the calls that this replica has made: no other replica can be reached. The calls of others end with the next check. */
  lost(): void {
    this.outgoing.failAll(new ReplicaGoneError());
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.timer);
    const reason = new ReplicaGoneError('The gateway is shutting down');
    this.outgoing.failAll(reason);
    this.incoming.abortAll(reason);
  }

  private watch(): void {
    if (!this.isClosed && this.hasOpen) this.timer ??= setInterval(() => this.check(), CHECK_MS);
  }

  private check(): void {
    this.outgoing.check();
    this.incoming.check();
    if (this.hasOpen) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private get hasOpen(): boolean {
    return this.outgoing.size + this.incoming.size > 0;
  }
}
