import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import type { RedisWindows } from './redis-windows.js';
import { RequestRate } from './request-rate.js';

/** Milliseconds between two reports of a replica to Redis. */
const TELL_MS = 50;
/** HTTP requests allowed for each allowed call: sessions, listings and notifications are requests, too. */
export const REQUESTS_PER_CALL = 2;

/**
 * Limits per minute, shared by all replicas.
 *
 * Lifecycle: `onModuleInit` connects to Redis if it is configured. From then on it reports the counted requests to Redis twenty times a
 * second.
 */
@Injectable()
export class Rates implements OnModuleInit, OnApplicationShutdown {
  private rates: readonly RequestRate[] = [];
  private redis?: RedisWindows;
  private timer?: NodeJS.Timeout;
  /** Calls by principal. */
  principalCalls: RequestRate;
  /** HTTP requests by principal. */
  principalRequests: RequestRate;
  /** Calls by server. */
  serverCalls: RequestRate;
  /** Calls by tenant, if the tenant has a limit of its own. */
  tenantCalls: RequestRate;
  /** Wrong credentials by source address. */
  addressFailures: RequestRate;

  constructor(private readonly config: Config) {
    this.build();
  }

  async onModuleInit(): Promise<void> {
    const { redis } = this.config;
    if (!redis) return;
    const { RedisWindows } = await import('./redis-windows.js'); // its client slows the start down
    this.redis = new RedisWindows(redis);
    await this.redis.open();
    this.build();
    this.timer = setInterval(() => {
      for (const rate of this.rates) void rate.flush(performance.now());
    }, TELL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.redis?.close();
  }

  private build(): void {
    const { requestsPerPrincipal, requestsPerServer, failuresPerAddress } = this.config.limits;
    const rate = (kind: string, limit: number): RequestRate => new RequestRate(limit, this.redis?.of(kind, limit));
    this.principalCalls = rate('principal', requestsPerPrincipal);
    this.principalRequests = rate('requests', requestsPerPrincipal * REQUESTS_PER_CALL);
    this.serverCalls = rate('server', requestsPerServer);
    this.tenantCalls = rate('tenant', 0);
    this.addressFailures = rate('address', failuresPerAddress);
    this.rates = [
      this.principalCalls,
      this.principalRequests,
      this.serverCalls,
      this.tenantCalls,
      this.addressFailures,
    ];
  }
}
