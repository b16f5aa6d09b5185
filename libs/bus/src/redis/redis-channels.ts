import { Logger } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';

const CONNECT_MS = 2_000;
/** Timeout in milliseconds for an answer of Redis. The beats of the bus notice sooner that Redis does not answer, and end its connections. */
const ANSWER_MS = 10_000;
const LONGEST_RETRY_MS = 1_000;

const OPTIONS: RedisOptions = {
  lazyConnect: true,
  // A message that cannot be sent now is useless later.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: ANSWER_MS,
  connectTimeout: CONNECT_MS,
  retryStrategy: (attempt) => Math.min(LONGEST_RETRY_MS, attempt * 50),
  connectionName: 'manifold',
};

/** The two connections to Redis and the names of the channels. Redis needs a separate connection for subscriptions. */
export class RedisChannels {
  private readonly logger = new Logger(RedisChannels.name);
  private readonly speaker: Redis;
  private readonly hearer: Redis;

  /** @param prefix the start of all channel names, so that installations can share a Redis */
  constructor(
    url: string,
    private readonly prefix: string,
  ) {
    this.speaker = new Redis(url, OPTIONS);
    // `open` below subscribes on each `ready` event. The library's own resubscription would queue the commands.
    this.hearer = new Redis(url, { ...OPTIONS, autoResubscribe: false });
    for (const connection of [this.speaker, this.hearer]) {
      connection.on('error', (error: Error) => this.logger.debug({ msg: 'Redis connection failed', err: error }));
    }
  }

  /** Resolves when the first attempt to connect has succeeded or failed; it keeps trying in the background. */
  async open(replica: string, onMessage: (text: string, channel: string) => void): Promise<void> {
    let subscribed: Promise<unknown> | undefined;
    this.hearer.on('message', (channel: string, text: string) => onMessage(text, channel));
    this.hearer.on('ready', () => {
      subscribed = this.hearer.subscribe(this.all, this.of(replica)).catch(() => undefined);
    });
    await Promise.allSettled([this.speaker.connect(), this.hearer.connect()]);
    await subscribed;
  }

  /** The name of the channel that all replicas subscribe to. */
  get all(): string {
    return `${this.prefix}all`;
  }

  /** Returns the name of the channel that one replica subscribes to. */
  of(replica: string): string {
    return `${this.prefix}replica:${replica}`;
  }

  /** @returns the number of replicas that received the message */
  publish(channel: string, text: string): Promise<number> {
    return this.speaker.publish(channel, text);
  }

  /** Closes and reopens connections that are open but deliver no messages. */
  reconnect(): void {
    for (const connection of [this.speaker, this.hearer]) {
      if (connection.status === 'ready') connection.disconnect(true);
    }
  }

  close(): void {
    for (const connection of [this.speaker, this.hearer]) connection.disconnect();
  }
}
