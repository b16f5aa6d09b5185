import { Global, Module } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Bus } from './bus.js';
import { BusSeal } from './bus-seal.js';
import { SingleBus } from './single-bus.js';

/** Redis where it is configured. Its client is loaded only where it is used: it costs start-up time. */
async function chooseBus({ redis }: Config, seal?: BusSeal): Promise<Bus> {
  if (!redis) return new SingleBus();
  if (!seal) throw new Error('No module has the keys of what replicas say to each other');
  const [{ RedisBus }, { RedisChannels }, { SealedChannels }] = await Promise.all([
    import('./redis/redis-bus.js'),
    import('./redis/redis-channels.js'),
    import('./redis/sealed-channels.js'),
  ]);
  return new RedisBus(new SealedChannels(new RedisChannels(redis.url, redis.prefix), seal));
}

/** Hands the `Bus` to every module. Needs the global Config and, where Redis is configured, a global BusSeal that is started before it. */
@Global()
@Module({
  providers: [{ provide: Bus, inject: [Config, { token: BusSeal, optional: true }], useFactory: chooseBus }],
  exports: [Bus],
})
export class BusModule {}
