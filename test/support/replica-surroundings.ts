import { FaultProxy, RedisServer } from '@manifold/bus/testing';
import { MongoStandIn } from './mongo-stand-in/mongo-stand-in.js';
import { RoundRobinProxy } from './round-robin-proxy.js';

/**
 * The services that several processes of a gateway need: a database and a Redis, both behind proxies that simulate network faults, and a
 * proxy in front.
 */
export class ReplicaSurroundings {
  private constructor(
    private readonly mongo: MongoStandIn,
    private readonly redis: RedisServer,
    private readonly proxy: RoundRobinProxy,
    readonly toMongo: FaultProxy,
    readonly toRedis: FaultProxy,
  ) {}

  static async start(): Promise<ReplicaSurroundings> {
    const mongo = new MongoStandIn();
    await mongo.start();
    const redis = await RedisServer.start();
    const toMongo = await FaultProxy.start(Number(new URL(mongo.url).port));
    const toRedis = await FaultProxy.start(redis.port);
    return new ReplicaSurroundings(mongo, redis, await RoundRobinProxy.start(), toMongo, toRedis);
  }

  get url(): string {
    return this.proxy.url;
  }

  get env(): Record<string, string> {
    return {
      MCP_SERVER_URL: this.url,
      MONGO_URL: `mongodb://127.0.0.1:${this.toMongo.port}/`,
      REDIS_URL: `redis://127.0.0.1:${this.toRedis.port}`,
    };
  }

  /** Sends requests to this port, too. */
  serve(port: number): void {
    this.proxy.targets.push(port);
  }

  /** Sends no new requests to this port. */
  withdraw(port: number): void {
    this.proxy.targets.splice(this.proxy.targets.indexOf(port), 1);
  }

  /** Sends all new requests to this port while the work lasts. */
  async at<T>(port: number, work: () => Promise<T>): Promise<T> {
    this.proxy.only = port;
    try {
      return await work();
    } finally {
      this.proxy.only = undefined;
    }
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await Promise.all([this.toMongo.stop(), this.toRedis.stop()]);
    await Promise.all([this.mongo.stop(), this.redis.stop()]);
  }
}
