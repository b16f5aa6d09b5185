import type { BusSeal } from '../bus-seal.js';
import { readMessage, type Envelope } from './envelope.js';
import type { RedisChannels } from './redis-channels.js';

/**
 * Sends and receives envelopes over the channels of Redis. They are sealed and numbered, so messages that were changed, replayed or moved
 * to another channel are rejected. Messages of one replica are delivered in the order in which it sent them.
 */
export class SealedChannels {
  private replica = '';
  private sent = 0;
  /**
   * The number of the last message received from each replica. Redis keeps the order of a sender, so a message whose number is not higher
   * is a replay. A replica that has just started knows no numbers: old announcements could be replayed to it, but no messages that were
   * addressed to one replica.
   */
  private readonly heard = new Map<string, number>();
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly channels: RedisChannels,
    private readonly seal: BusSeal,
  ) {}

  /**
   * Resolves when the first attempt to connect has succeeded or failed; it keeps trying in the background.
   * @param onEnvelope must not throw; gets `undefined` for a message that no replica has sent
   */
  async open(replica: string, onEnvelope: (envelope: Envelope | undefined, from: string) => void): Promise<void> {
    this.replica = replica;
    await this.channels.open(replica, (text, channel) => {
      this.last = this.last.then(async () => {
        const message = await this.read(text, channel);
        onEnvelope(message?.envelope, message?.from ?? '');
      });
    });
  }

  /** @returns the number of replicas that received the message */
  toAll(envelope: Envelope): Promise<number> {
    return this.publish(this.channels.all, envelope);
  }

  to(replica: string, envelope: Envelope): Promise<number> {
    return this.publish(this.channels.of(replica), envelope);
  }

  /** Closes and reopens connections that are open but deliver no messages. */
  reconnect(): void {
    this.channels.reconnect();
  }

  close(): void {
    this.channels.close();
  }

  private publish(channel: string, envelope: Envelope): Promise<number> {
    this.sent += 1;
    const message = JSON.stringify({ from: this.replica, number: this.sent, envelope });
    return this.channels.publish(channel, this.seal.seal(message, channel));
  }

  private async read(text: string, channel: string) {
    const message = await this.seal
      .open(text, channel)
      .then(readMessage)
      .catch(() => undefined);
    if (!message || message.number <= (this.heard.get(message.from) ?? 0)) return undefined;
    this.heard.set(message.from, message.number);
    return message;
  }
}
