import type { Bus, Unsubscribe } from './bus.js';
import type { CallHandler } from './calls/call.js';
import type { Topic } from './topic.js';

type Listener<Message, Answer> = (message: Message) => Answer | void | Promise<Answer | void>;
/** Decorates methods of this type. */
type MethodOf<Signature> = <Method extends Signature>(
  prototype: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;
type Subscribe = (bus: Bus, instance: object) => Unsubscribe;

/** The declared subscriptions, by prototype. */
const SUBSCRIPTIONS = new WeakMap<object, Subscribe[]>();

function declare(prototype: object, subscribe: Subscribe): void {
  const declared = SUBSCRIPTIONS.get(prototype) ?? [];
  SUBSCRIPTIONS.set(prototype, [...declared, subscribe]);
}

const call = (instance: object, method: string | symbol, ...args: unknown[]): unknown =>
  (instance as Record<string | symbol, (...args: unknown[]) => unknown>)[method]!(...args);

/**
 * Subscribes a method of a provider to the announcements of other replicas. The method's result is its answer. The announcement is
 * acknowledged when the method's promise settles.
 *
 * `BusSubscriptions` subscribes the method before modules that are not global are initialised. It unsubscribes the method after the calls
 * of clients have ended and before any provider is shut down. The method may therefore be called before the `onModuleInit` of its class.
 * Classes that are not providers call `Bus.onAnnounced`.
 */
export function OnAnnounced<Message, Answer>(topic: Topic<Message, Answer>): MethodOf<Listener<Message, Answer>> {
  return (prototype, method) => {
    declare(prototype, (bus, instance) =>
      bus.onAnnounced(topic, (message) => call(instance, method, message) as Answer | Promise<Answer>),
    );
  };
}

/** The same for `Bus.onCalled`. */
export function OnCalled<Message, Answer, Side, Reply>(
  topic: Topic<Message, Answer, Side, Reply>,
): MethodOf<CallHandler<Message, Answer, Side, Reply>> {
  return (prototype, method) => {
    declare(prototype, (bus, instance) =>
      bus.onCalled(topic, (message, incoming) => call(instance, method, message, incoming) as Promise<Answer>),
    );
  };
}

/** The same for `Bus.onMissed`. */
export function OnMissed(): MethodOf<() => void> {
  return (prototype, method) => {
    declare(prototype, (bus, instance) => bus.onMissed(() => void call(instance, method)));
  };
}

/** Subscribes the methods of an instance that have one of these decorators. `BusSubscriptions` does this for providers. */
export function subscribeMethods(bus: Bus, instance: object): Unsubscribe {
  const prototype = Object.getPrototypeOf(instance) as object | null;
  const declared = (prototype && SUBSCRIPTIONS.get(prototype)) ?? [];
  const unsubscribe = declared.map((subscribe) => subscribe(bus, instance));
  return () => {
    for (const end of unsubscribe) end();
  };
}
