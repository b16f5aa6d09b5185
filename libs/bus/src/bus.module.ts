import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Config } from '@manifold/config';
import { Bus } from './bus.js';
import { BusSeal } from './bus-seal.js';
import { BusSubscriptions } from './bus-subscriptions.js';
import { SingleBus } from './single-bus.js';

/** Chooses Redis if it is configured. The Redis client slows the start down, so it is loaded only when it is used. */
async function chooseBus({ redis }: Config, seal?: BusSeal): Promise<Bus> {
  if (!redis) return new SingleBus();
  if (!seal) throw new Error('No module provides the key that seals messages between replicas');
  const [{ RedisBus }, { RedisChannels }, { SealedChannels }] = await Promise.all([
    import('./redis/redis-bus.js'),
    import('./redis/redis-channels.js'),
    import('./redis/sealed-channels.js'),
  ]);
  return new RedisBus(new SealedChannels(new RedisChannels(redis.url, redis.prefix), seal));
}

/**
 * Provides the `Bus` to every module, and subscribes the methods that providers declare with `@OnAnnounced`, `@OnCalled` and `@OnMissed`.
 * Needs the global Config. If Redis is configured, it also needs a global BusSeal that starts before it.
 */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: Bus, inject: [Config, { token: BusSeal, optional: true }], useFactory: chooseBus },
    BusSubscriptions,
  ],
  exports: [Bus],
})
export class BusModule {}
