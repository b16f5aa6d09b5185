import type { ChangeFeed } from '@manifold/store';
import type { CallHandler, CallOptions } from './calls/call.js';
import type { Topic } from './topic.js';

/** Removes a listener or handler. */
export type Unsubscribe = () => void;

/**
 * Messages between replicas. With one process there are no recipients, and nothing waits.
 *
 * Messages are lost while replicas are disconnected. The store holds the state; the bus only announces that it has changed. A class that
 * caches data of the store must also use `onMissed`, as `CachedCollection` does.
 */
export abstract class Bus implements ChangeFeed {
  /** The id of this process among the replicas, new with each start: 16 characters of base64url. */
  abstract readonly replica: string;

  /** Whether there may be other replicas. */
  abstract readonly isShared: boolean;

  /** Whether the other replicas can be reached now. */
  abstract readonly isConnected: boolean;

  /**
   * Announces a message to all other replicas. Resolves when the subscribed replicas have processed it, after a second at the latest. A
   * client that is answered afterwards finds the change on every replica that acknowledged it. Never rejects.
   * @returns the answers of the listeners
   */
  abstract announce<Message, Answer>(topic: Topic<Message, Answer>, message: Message): Promise<readonly Answer[]>;

  /** @param listener is called for each announcement, which is acknowledged when the listener's promise settles */
  abstract onAnnounced<Message, Answer>(
    topic: Topic<Message, Answer>,
    listener: (message: Message) => Answer | void | Promise<Answer | void>,
  ): Unsubscribe;

  /**
   * Calls one replica and waits for its answer. There is no time limit while that replica runs the call.
   * 1. The other replica's handler receives the message.
   * 2. While it runs, it can send side messages, and ask for replies. They arrive in order and before the answer.
   * 3. The call ends with the handler's answer or error, when the signal aborts, or when either replica ends. A call of which a message was
   * lost ends within seconds.
   * @throws the error of the handler, if it is of the topic's family; the signal's reason; ReplicaGoneError when the replica has ended,
   *   cannot be reached, does not know the topic or has failed in another way
   */
  abstract call<Message, Answer, Side, Reply>(
    replica: string,
    topic: Topic<Message, Answer, Side, Reply>,
    message: Message,
    options?: CallOptions<Side, Reply>,
  ): Promise<Answer>;

  /** Sets the handler of a topic's calls. A process has one handler for each topic. */
  abstract onCalled<Message, Answer, Side, Reply>(
    topic: Topic<Message, Answer, Side, Reply>,
    handler: CallHandler<Message, Answer, Side, Reply>,
  ): Unsubscribe;

  /**
   * Registers a listener that is called when announcements may have been missed. It is called again every few seconds while the connection
   * is lost. The listener must reload cached data from the store.
   */
  abstract onMissed(listener: () => void): Unsubscribe;
}
