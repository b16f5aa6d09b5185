import { Bus, ReplicaGoneError, type Topic, type Unsubscribe } from '@manifold/bus';

type Listener = (message: unknown) => unknown;

/** Replicas in one process that hear each other's announcements, and nothing else. */
export const joinedBuses = (count: number): readonly Bus[] => {
  const buses: JoinedBus[] = [];
  for (let index = 0; index < count; index += 1) buses.push(new JoinedBus(`replica-${index}`, buses));
  return buses;
};

class JoinedBus extends Bus {
  readonly isShared = true;
  readonly isConnected = true;
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(
    readonly replica: string,
    private readonly all: readonly JoinedBus[],
  ) {
    super();
  }

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

  tell(): void {
    throw new Error('Only announcements are heard here');
  }

  ask(): Promise<never> {
    return Promise.reject(new ReplicaGoneError());
  }

  onTold = (): Unsubscribe => () => undefined;
  onAsked = (): Unsubscribe => () => undefined;
  onMissed = (): Unsubscribe => () => undefined;
}
