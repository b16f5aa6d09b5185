import { Logger } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';

/** Milliseconds after which an answer of Redis is not waited for. */
const ANSWER_MS = 2_000;
const LONGEST_RETRY_MS = 1_000;

const OPTIONS: RedisOptions = {
  lazyConnect: true,
  // A message that cannot be sent now is worth nothing later.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: ANSWER_MS,
  connectTimeout: ANSWER_MS,
  retryStrategy: (attempt) => Math.min(LONGEST_RETRY_MS, attempt * 50),
  connectionName: 'manifold',
};

/** The two connections to Redis, which needs one for what is heard alone, and the names of the channels. */
export class RedisChannels {
  private readonly logger = new Logger(RedisChannels.name);
  private readonly speaker: Redis;
  private readonly hearer: Redis;

  /** @param prefix of all channels, so that installations can share a Redis */
  constructor(
    url: string,
    private readonly prefix: string,
  ) {
    this.speaker = new Redis(url, OPTIONS);
    // The subscriptions are made anew on each connection, in `ready` below: the library's own way would queue them.
    this.hearer = new Redis(url, { ...OPTIONS, autoResubscribe: false });
    for (const connection of [this.speaker, this.hearer]) {
      connection.on('error', (error: Error) => this.logger.debug({ msg: 'Redis', err: error }));
    }
  }

  /** Resolves when the first try has succeeded or failed; it goes on trying by itself. */
  async open(replica: string, onMessage: (text: string, channel: string) => void): Promise<void> {
    let subscribed: Promise<unknown> | undefined;
    this.hearer.on('message', (channel: string, text: string) => onMessage(text, channel));
    this.hearer.on('ready', () => {
      subscribed = this.hearer.subscribe(this.all, this.of(replica)).catch(() => undefined);
    });
    await Promise.allSettled([this.speaker.connect(), this.hearer.connect()]);
    await subscribed;
  }

  /** The name of the channel that all replicas hear. */
  get all(): string {
    return `${this.prefix}all`;
  }

  /** The name of the channel that one replica hears. */
  of(replica: string): string {
    return `${this.prefix}replica:${replica}`;
  }

  /** @returns how many replicas heard it */
  publish(channel: string, text: string): Promise<number> {
    return this.speaker.publish(channel, text);
  }

  /** For connections that are open but say nothing. */
  reconnect(): void {
    for (const connection of [this.speaker, this.hearer]) {
      if (connection.status === 'ready') connection.disconnect(true);
    }
  }

  close(): void {
    for (const connection of [this.speaker, this.hearer]) connection.disconnect();
  }
}
