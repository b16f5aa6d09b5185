/** Topic of announcements, with the type of their message: plain JSON. */
export interface ChangeTopic<Message> {
  readonly name: string;
  readonly message: Message;
}

/** Announcements of changes between the processes that share a store. `Bus` implements it. */
export interface ChangeFeed {
  /** Announces a change to the other processes. Resolves when they have processed it or cannot be reached. Never rejects. */
  announce<Message>(topic: ChangeTopic<Message>, message: Message): Promise<unknown>;
  /** @returns a function that ends the subscription */
  onAnnounced<Message>(topic: ChangeTopic<Message>, listener: (message: Message) => Promise<void>): () => void;
  /**
   * @param listener called when announcements may have been missed
   * @returns a function that ends the subscription
   */
  onMissed(listener: () => void): () => void;
}
