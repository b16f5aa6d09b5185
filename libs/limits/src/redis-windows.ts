import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { RedisConfig } from '@manifold/config';
import type { Tell } from './request-rate.js';

/** Timeout in milliseconds for an answer of Redis. */
const ANSWER_MS = 2_000;
const WINDOW_SECONDS = 60;

/** The windows of all replicas, in Redis. Requests do not wait for Redis. A report that Redis does not answer is sent again. */
export class RedisWindows {
  private readonly logger = new Logger(RedisWindows.name);
  private readonly connection: Redis;

  constructor(private readonly redis: RedisConfig) {
    this.connection = new Redis(redis.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      maxRetriesPerRequest: 0,
      commandTimeout: ANSWER_MS,
      connectTimeout: ANSWER_MS,
      retryStrategy: (attempt) => Math.min(1_000, attempt * 50),
      connectionName: 'manifold-limits',
    });
    this.connection.on('error', (error: Error) => this.logger.debug({ msg: 'Redis connection failed', err: error }));
  }

  /** Resolves when the first attempt has succeeded or failed; the client keeps trying in the background. */
  async open(): Promise<void> {
    await this.connection.connect().catch(() => undefined);
  }

  close(): void {
    this.connection.disconnect();
  }

  /** @param kind the kind of requests that are counted: a part of the key names */
  of(kind: string, limit: number): Tell {
    const limiter = new RateLimiterRedis({
      storeClient: this.connection,
      keyPrefix: `${this.redis.prefix}limits:${kind}`,
      points: Math.max(1, limit),
      duration: WINDOW_SECONDS,
      rejectIfRedisNotReady: true,
    });
    return async (key, points) => {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(key, points);
      return { taken: consumedPoints, msLeft: msBeforeNext };
    };
  }
}
