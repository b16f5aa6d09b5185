import { Global, Module } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Bus } from './bus.js';
import { SingleBus } from './single-bus.js';

/** Redis where it is configured. Its client is loaded only where it is used: it costs start-up time. */
async function chooseBus({ redis }: Config): Promise<Bus> {
  if (!redis) return new SingleBus();
  const [{ RedisBus }, { RedisChannels }] = await Promise.all([
    import('./redis/redis-bus.js'),
    import('./redis/redis-channels.js'),
  ]);
  return new RedisBus(new RedisChannels(redis.url, redis.prefix));
}

/** Hands the `Bus` to every module. */
@Global()
@Module({
  providers: [{ provide: Bus, inject: [Config], useFactory: chooseBus }],
  exports: [Bus],
})
export class BusModule {}
