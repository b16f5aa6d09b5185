import { Topic, type Bus, type ErrorCodec, type IncomingCall } from '../../src/index.js';
import type { CallEnvelope } from '../../src/calls/call-envelope.js';
import { RedisBus } from '../../src/redis/redis-bus.js';
import { RedisChannels } from '../../src/redis/redis-channels.js';
import { SealedChannels } from '../../src/redis/sealed-channels.js';
import { deferred } from '../../../../test/support/deferred.js';
import { joinedBuses } from './joined-bus.js';
import { hasRedis, RedisServer } from './redis-server.js';
import { Signature } from './signature.js';

export class PickyError extends Error {
  constructor(readonly taste: string) {
    super(`This tastes ${taste}`);
  }
}

const PICKY: ErrorCodec = {
  write: (error) => (error instanceof PickyError ? { taste: error.taste } : undefined),
  read: (written) => new PickyError((written as { taste: string }).taste),
};

/** Calls with numbers. */
export const NUMBERS = new Topic<number, number | undefined, number, number>('test.numbers', PICKY);
export type NumbersCall = IncomingCall<number, number>;

/** A replica of the tests. */
export interface Member {
  readonly bus: Bus;
  end(): void;
  /** Loses messages that this replica sends from now on. */
  lose(isLost: (envelope: CallEnvelope) => boolean): void;
}

/** A connection between two replicas. */
export interface Network {
  join(): Promise<readonly [Member, Member]>;
  end(): Promise<void>;
}

class LossyChannels extends SealedChannels {
  isLost: (envelope: CallEnvelope) => boolean = () => false;

  override to(replica: string, envelope: CallEnvelope): Promise<number> {
    return this.isLost(envelope) ? Promise.resolve(1) : super.to(replica, envelope);
  }
}

const inProcess: () => Promise<Network> = async () => ({
  join: async () => {
    const [a, b] = joinedBuses(2).map((bus) => ({
      bus,
      end: () => bus.end(),
      lose: (isLost: (envelope: CallEnvelope) => boolean) => void (bus.loses = isLost),
    }));
    return [a!, b!];
  },
  end: async () => undefined,
});

const overRedis: () => Promise<Network> = async () => {
  const redis = await RedisServer.start();
  const join = async (): Promise<Member> => {
    const channels = new LossyChannels(new RedisChannels(redis.url, 'calls:'), new Signature('a key'));
    const bus = new RedisBus(channels);
    await bus.onModuleInit();
    return { bus, end: () => bus.onApplicationShutdown(), lose: (isLost) => void (channels.isLost = isLost) };
  };
  return { join: async () => [await join(), await join()], end: () => redis.stop() };
};

/** All kinds of networks: calls are the same on each. */
export const NETWORKS: [string, () => Promise<Network>][] = [['in one process', inProcess]];
if (hasRedis) NETWORKS.push(['over Redis', overRedis]);

/** Resolves with the reason when a call is aborted. */
export const aborted = ({ signal }: NumbersCall): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', { handleEvent: () => resolve(signal.reason) }));

/** Answers the calls of numbers when the test says so. */
export function answerLater({ bus }: Member) {
  const arrived = deferred<NumbersCall>();
  const answered = deferred<number>();
  bus.onCalled(NUMBERS, (_message, call) => {
    arrived.resolve(call);
    return answered.promise;
  });
  return { arrived: arrived.promise, resolve: answered.resolve };
}
