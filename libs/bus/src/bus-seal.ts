/**
 * Seals the messages between replicas. Without the replicas' keys, an attacker with access to Redis can neither read messages nor add any.
 * The library that has the keys provides the implementation.
 */
export abstract class BusSeal {
  /**
   * Seals a message.
   * @param channel the channel of the message: a message that is sealed for one channel cannot be opened in another
   */
  abstract seal(text: string, channel: string): string;

  /** Opens a sealed message. Rejects when no replica has sealed it for this channel. May have to load a new key first. */
  abstract open(sealed: string, channel: string): Promise<string>;
}
