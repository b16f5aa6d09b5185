import { Bus, ReplicaEndedError, type Topic, type Unsubscribe } from '../../src/index.js';
import { BusCalls } from '../../src/calls/bus-calls.js';
import type { CallHandler, CallOptions } from '../../src/calls/call.js';
import type { CallEnvelope } from '../../src/calls/call-envelope.js';

type Listener = (message: unknown) => unknown;

/** Replicas in one process that hear each other's announcements and calls. Nothing is missed. */
export const joinedBuses = (count: number): readonly JoinedBus[] => {
  const buses: JoinedBus[] = [];
  for (let index = 0; index < count; index += 1) buses.push(new JoinedBus(`replica-${index}`, buses));
  return buses;
};

export class JoinedBus extends Bus {
  readonly isShared = true;
  readonly isConnected = true;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly calls: BusCalls;
  private hasEnded = false;

  constructor(
    readonly replica: string,
    private readonly all: readonly JoinedBus[],
  ) {
    super();
    this.calls = new BusCalls(replica, (to, envelope) => this.send(to, envelope));
  }

  /** Says which messages of calls get lost on their way from this replica. */
  loses: (envelope: CallEnvelope) => boolean = () => false;

  async announce<Message, Answer>(topic: Topic<Message, Answer>, message: Message): Promise<readonly Answer[]> {
    const others = this.all.filter((bus) => bus !== this);
    const heard = others.flatMap((bus) => [...(bus.listeners.get(topic.name) ?? [])]);
    return (await Promise.all(heard.map((listener) => listener(structuredClone(message))))) as Answer[];
  }

  onAnnounced<Message, Answer>(
    { name }: Topic<Message, Answer>,
    listener: (message: Message) => Answer | void | Promise<Answer | void>,
  ): Unsubscribe {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener as Listener));
    return () => listeners.delete(listener as Listener);
  }

  call<Message, Answer, Side, Reply>(
    replica: string,
    topic: Topic<Message, Answer, Side, Reply>,
    message: Message,
    options?: CallOptions<Side, Reply>,
  ): Promise<Answer> {
    return this.calls.call(replica, topic, message, options);
  }

  onCalled<Message, Answer, Side, Reply>(
    topic: Topic<Message, Answer, Side, Reply>,
    handler: CallHandler<Message, Answer, Side, Reply>,
  ): Unsubscribe {
    return this.calls.handle(topic, handler);
  }

  onMissed = (): Unsubscribe => () => undefined;

  /** Ends this replica, as a crash does. */
  end(): void {
    this.hasEnded = true;
    this.calls.close();
  }

  private async send(replica: string, envelope: CallEnvelope): Promise<void> {
    const text = JSON.stringify(envelope);
    const to = this.all.find((bus) => bus.replica === replica && !bus.hasEnded);
    if (!to || this.hasEnded) throw new ReplicaEndedError();
    if (!this.loses(envelope)) setImmediate(() => to.calls.receive(JSON.parse(text) as CallEnvelope, this.replica));
  }
}
