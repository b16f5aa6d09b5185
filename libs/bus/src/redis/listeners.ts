import type { Topic } from '../topic.js';
import type { Unsubscribe } from '../bus.js';

type Listener = (message: never) => unknown;

/** The listeners of each topic. */
export class Listeners {
  private readonly byTopic = new Map<string, Set<Listener>>();

  add<Message>(topic: Topic<Message, unknown>, listener: (message: Message) => unknown): Unsubscribe {
    const listeners = this.byTopic.get(topic.name) ?? new Set();
    this.byTopic.set(topic.name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Calls all listeners of the topic and returns their results. */
  call(topic: string, message: unknown): unknown[] {
    return [...(this.byTopic.get(topic) ?? [])].map((listener) => listener(message as never));
  }
}
