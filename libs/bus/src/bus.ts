import type { Topic } from './topic.js';

/** Takes a listener or handler away again. */
export type Unsubscribe = () => void;

/**
 * What replicas say to each other. With one process there is nobody to talk to, and nothing to wait for.
 *
 * Messages are lost where the connection between replicas is: the store holds the state, the bus only says that it has changed.
 * Whoever keeps something of the store in memory follows `onMissed`, too.
 */
export abstract class Bus {
  /** Names this process among the replicas, anew with each start: 16 characters of base64url. */
  abstract readonly replica: string;

  /** Whether there may be other replicas. */
  abstract readonly isShared: boolean;

  /** Whether they can be reached at the moment. */
  abstract readonly isConnected: boolean;

  /**
   * Tells all other replicas. Resolves when those that listen have taken it in, so that whoever is answered after it finds the change
   * everywhere; at the latest after a second. Never rejects.
   * @returns what listeners have answered
   */
  abstract announce<Message, Answer>(topic: Topic<Message, Answer>, message: Message): Promise<readonly Answer[]>;

  /** @param listener the announcement is acknowledged when its promise settles */
  abstract onAnnounced<Message, Answer>(
    topic: Topic<Message, Answer>,
    listener: (message: Message) => Answer | void | Promise<Answer | void>,
  ): Unsubscribe;

  /** Sends to one replica, in order. Never fails: a replica that is gone hears nothing. */
  abstract tell<Message>(replica: string, topic: Topic<Message>, message: Message): void;

  abstract onTold<Message>(topic: Topic<Message>, listener: (message: Message, from: string) => void): Unsubscribe;

  /**
   * Asks one replica; it may take its time for as long as it lives. What it told before it answered arrives before the answer.
   * @throws ReplicaGoneError when it does not live, or cannot be reached
   */
  abstract ask<Message, Answer>(replica: string, topic: Topic<Message, Answer>, message: Message): Promise<Answer>;

  /** A handler of one topic, the only one in a process. */
  abstract onAsked<Message, Answer>(
    topic: Topic<Message, Answer>,
    handler: (message: Message, from: string) => Promise<Answer>,
  ): Unsubscribe;

  /**
   * Called when announcements may have been missed, and every few seconds for as long as that goes on: what is kept in memory of the
   * store has to be read anew.
   */
  abstract onMissed(listener: () => void): Unsubscribe;
}

/** The replica that was asked has ended, or cannot be reached. */
export class ReplicaGoneError extends Error {
  constructor(message = 'The replica cannot be reached', options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReplicaGoneError';
  }
}
