import { Redis } from 'ioredis';
import { FaultProxy, hasRedis, RedisServer, Signature } from '@manifold/bus/testing';
import { eventually } from '../../../../test/support/eventually.js';
import { ReplicaGoneError } from '../replica-gone-error.js';
import { ownedId, ownerOf } from '../replica-id.js';
import { Topic } from '../topic.js';
import { RedisBus } from './redis-bus.js';
import { RedisChannels } from './redis-channels.js';
import { SealedChannels } from './sealed-channels.js';

const CHANGED = new Topic<{ name: string }>('test.changed');
const WORD = new Topic<number, void>('test.word');
const DOUBLE = new Topic<number, number>('test.double');

(hasRedis ? describe : describe.skip)('Replicas that talk over Redis', () => {
  let redis: RedisServer;
  let proxy: FaultProxy;
  let buses: RedisBus[] = [];

  const join = async (port = redis.port, prefix = 'test:', key = 'a key'): Promise<RedisBus> => {
    const channels = new RedisChannels(`redis://127.0.0.1:${port}`, prefix);
    const bus = new RedisBus(new SealedChannels(channels, new Signature(key)));
    buses.push(bus);
    await bus.onModuleInit();
    return bus;
  };

  /** Sends a word, and does not wait for an answer. */
  const say = (from: RedisBus, to: RedisBus, word: number): void =>
    void from.call(to.replica, WORD, word).catch(() => undefined);

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  beforeEach(async () => {
    proxy = await FaultProxy.start(redis.port);
  });

  afterEach(async () => {
    for (const bus of buses) bus.onApplicationShutdown();
    buses = [];
    await proxy.stop();
  });

  afterAll(() => redis.stop());

  it('have names that nobody can guess', async () => {
    const [a, b] = [await join(), await join()];
    expect(ownerOf(ownedId(a.replica, 'x'))).toBe(a.replica);
    for (const id of ['', a.replica, 'x', ' '.repeat(30), `${a.replica.slice(1)}.x`])
      expect(ownerOf(id)).toBeUndefined();
    expect(a.replica).not.toBe(b.replica);
    expect([a.isShared, a.isConnected]).toEqual([true, true]);
  });

  it('have taken in an announcement when it resolves, all but the one who made it', async () => {
    const [a, b, c] = [await join(), await join(), await join()];
    const heard: string[] = [];
    a.onAnnounced(CHANGED, ({ name }) => void heard.push(`a ${name}`));
    b.onAnnounced(CHANGED, async ({ name }) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      heard.push(`b ${name}`);
    });
    c.onAnnounced(CHANGED, ({ name }) => void heard.push(`c ${name}`));
    await a.announce(CHANGED, { name: 'x' });
    expect(heard.sort()).toEqual(['b x', 'c x']);
  });

  it('can answer an announcement', async () => {
    const [a, b, c] = [await join(), await join(), await join()];
    b.onAnnounced(DOUBLE, (number) => number * 2);
    c.onAnnounced(DOUBLE, async (number) => number * 3);
    c.onAnnounced(DOUBLE, () => undefined);
    expect([...(await a.announce(DOUBLE, 5))].sort()).toEqual([10, 15]);
    expect(await b.announce(CHANGED, { name: 'x' })).toEqual([]);
  });

  it('do not hear those of another installation in the same Redis', async () => {
    const [a, stranger] = [await join(), await join(redis.port, 'other:')];
    let heard = 0;
    stranger.onAnnounced(CHANGED, () => void (heard += 1));
    await a.announce(CHANGED, { name: 'x' });
    await expect(a.call(stranger.replica, DOUBLE, 1)).rejects.toThrow(ReplicaGoneError);
    expect(heard).toBe(0);
  });

  it('are not held up by a listener that fails, that has left, or that never ends', async () => {
    const [a, b] = [await join(), await join()];
    b.onAnnounced(CHANGED, () => {
      throw new Error('a fault');
    });
    b.onAnnounced(CHANGED, () => Promise.reject(new Error('a fault')));
    const leave = b.onAnnounced(CHANGED, () => {
      throw new Error('called after it left');
    });
    leave();
    await a.announce(CHANGED, { name: 'x' });
    b.onAnnounced(CHANGED, () => new Promise<void>(() => undefined));
    await a.announce(CHANGED, { name: 'y' });
    expect(b.isConnected).toBe(true);
  });

  it.each([
    ['cut', (network: FaultProxy) => network.cut()],
    ['swallowed', (network: FaultProxy) => network.swallow()],
  ])('work alone while their connections are %s, and say afterwards that something was missed', async (_, fault) => {
    const [a, b] = [await join(proxy.port), await join()];
    let [missedByA, missedByB, heardByB] = [0, 0, 0];
    a.onMissed(() => (missedByA += 1));
    b.onMissed(() => (missedByB += 1));
    b.onAnnounced(CHANGED, () => void (heardByB += 1));
    const asked = a.call(b.replica, DOUBLE, 1).catch((error: unknown) => error);
    b.onCalled(DOUBLE, () => new Promise<number>(() => undefined));
    fault(proxy);
    await eventually('a has noticed', () => !a.isConnected);
    expect(await asked).toBeInstanceOf(ReplicaGoneError);
    expect(missedByA).toBeGreaterThan(0);
    expect(missedByB).toBe(0);
    await a.announce(CHANGED, { name: 'lost' });
    const before = missedByA;
    proxy.heal();
    await eventually('a is back', () => a.isConnected);
    await eventually('b knows that it missed something', () => missedByB > 0);
    expect(missedByA).toBeGreaterThan(before);
    expect(heardByB).toBe(0);
    await a.announce(CHANGED, { name: 'again' });
    expect(heardByB).toBe(1);
  });

  it('start without Redis, and find each other when it is there', async () => {
    proxy.cut();
    const [a, b] = [await join(proxy.port), await join()];
    expect(a.isConnected).toBe(false);
    await a.announce(CHANGED, { name: 'to nobody' });
    proxy.heal();
    await eventually('a is connected', () => a.isConnected);
    b.onCalled(DOUBLE, async (number) => number * 2);
    expect(await a.call(b.replica, DOUBLE, 4)).toBe(8);
  });

  it('hear nothing of who has other keys', async () => {
    const [a, stranger] = [await join(), await join(redis.port, 'test:', 'another key')];
    let heard = 0;
    for (const bus of [a, stranger]) bus.onAnnounced(CHANGED, () => void (heard += 1));
    a.onCalled(WORD, async () => void (heard += 1));
    await Promise.all([a.announce(CHANGED, { name: 'x' }), stranger.announce(CHANGED, { name: 'y' })]);
    say(stranger, a, 1);
    const b = await join();
    say(b, a, 2);
    await eventually('a has heard b, and so all before it', () => heard > 0);
    expect(heard).toBe(1);
  });

  it('do not hear again, or elsewhere, what somebody has recorded', async () => {
    const [a, b, c] = [await join(), await join(), await join()];
    const recorder = new Redis(redis.url);
    const recorded: [channel: string, text: string][] = [];
    await recorder.psubscribe('test:*');
    recorder.on('pmessage', (_pattern: string, channel: string, text: string) => recorded.push([channel, text]));
    const words: string[] = [];
    b.onCalled(WORD, async (word) => void words.push(`b ${word}`));
    c.onCalled(WORD, async (word) => void words.push(`c ${word}`));
    say(a, b, 1);
    await eventually('it is recorded', () => recorded.some(([, text]) => text.includes(WORD.name)));
    const replayer = new Redis(redis.url);
    for (const [channel, text] of [...recorded]) {
      await replayer.publish(channel, text);
      await replayer.publish(`test:replica:${c.replica}`, text);
      await replayer.publish('test:all', text);
    }
    say(a, b, 2);
    say(a, c, 3);
    await eventually('both have heard the last word', () => words.includes('b 2') && words.includes('c 3'));
    expect(words.sort()).toEqual(['b 1', 'b 2', 'c 3']);
    for (const connection of [recorder, replayer]) connection.disconnect();
  });

  it('ignore what no replica has sent', async () => {
    const a = await join();
    const stranger = new Redis(redis.url);
    const forged = [
      'null',
      '7',
      '[]',
      '{',
      '{"from":"x","number":1}',
      '{"from":"x","number":2,"envelope":{"kind":"unknown"}}',
    ];
    for (const text of ['', ...forged, ...forged.map((text) => new Signature('a key').seal(text, 'test:all'))])
      await stranger.publish('test:all', text);
    stranger.disconnect();
    const b = await join();
    b.onCalled(DOUBLE, async (number) => number * 2);
    expect(await a.call(b.replica, DOUBLE, 4)).toBe(8);
  });
});
