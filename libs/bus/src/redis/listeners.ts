import type { Topic } from '../topic.js';
import type { Unsubscribe } from '../bus.js';

type Listener = (message: never, from: string) => unknown;

/** Who listens to which topic. */
export class Listeners {
  private readonly byTopic = new Map<string, Set<Listener>>();

  add<Message>(topic: Topic<Message, unknown>, listener: (message: Message, from: string) => unknown): Unsubscribe {
    const listeners = this.byTopic.get(topic.name) ?? new Set();
    this.byTopic.set(topic.name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** What each listener returns. */
  call(topic: string, message: unknown, from: string): unknown[] {
    return [...(this.byTopic.get(topic) ?? [])].map((listener) => listener(message as never, from));
  }
}
