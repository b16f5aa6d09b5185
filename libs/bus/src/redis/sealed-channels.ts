import type { BusSeal } from '../bus-seal.js';
import { readMessage, type Envelope } from './envelope.js';
import type { RedisChannels } from './redis-channels.js';

/**
 * Envelopes over the channels of Redis, sealed and numbered: one that was changed, said again, or moved to another channel is not heard.
 * They are heard in the order in which a replica has sent them.
 */
export class SealedChannels {
  private replica = '';
  private sent = 0;
  /**
   * The number of the last message of each replica. Redis keeps the order of a sender, so what comes behind it was said before. A replica
   * that has just started has heard nobody yet: old announcements could be repeated to it, though nothing that was said to one replica.
   */
  private readonly heard = new Map<string, number>();
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly channels: RedisChannels,
    private readonly seal: BusSeal,
  ) {}

  /**
   * Resolves when the first try to connect has succeeded or failed; it goes on trying by itself.
   * @param onEnvelope must not throw; `undefined` for what no replica has sent
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

  /** @returns how many replicas heard it */
  toAll(envelope: Envelope): Promise<number> {
    return this.publish(this.channels.all, envelope);
  }

  to(replica: string, envelope: Envelope): Promise<number> {
    return this.publish(this.channels.of(replica), envelope);
  }

  /** For connections that are open but say nothing. */
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
