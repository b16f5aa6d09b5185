import type { Principal } from '@manifold/auth';
import { ProviderError, type ChangedApp, type ScopesChanges, type SharesCatalogue } from '@manifold/tool-provider';
import { joinedBuses } from '@manifold/bus/testing';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import {
  AnnouncingProvider,
  SilentProvider,
  startRegistry,
  startRegistryOn,
  tool,
  tools,
  TTL_MS,
  type StartedRegistry,
} from '../testing/src/index.js';

const alice = fixturePrincipal('alice');
const bob = fixturePrincipal('bob');
const unavailable = () => Promise.reject(new ProviderError('upstream_unavailable', 'No tools today'));

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => jest.useRealTimers());

/** How often each of these principals was told. */
function listeners({ registry }: StartedRegistry, ...principals: Principal[]) {
  const told = principals.map(() => 0);
  const leave = principals.map((principal, index) => registry.onToolsChanged(principal, () => (told[index]! += 1)));
  return { told, leave };
}

/** As many others list their tools. */
async function push({ names }: StartedRegistry, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await names(fixturePrincipal(`other-${index}`));
}

class TenantProvider extends AnnouncingProvider implements SharesCatalogue {
  catalogueKey({ tenant }: Principal): string {
    return tenant;
  }
}

describe('a change that the provider announces', () => {
  it('is told to those whom it concerns, and to nobody else', async () => {
    const provider = new AnnouncingProvider(() => tools('a'));
    const { told } = listeners(startRegistry(provider), alice, bob, alice);
    provider.announce(alice.key);
    expect(told).toEqual([1, 0, 1]);
    provider.announce();
    expect(told).toEqual([2, 1, 2]);
  });

  it('is told to all who share the listing', async () => {
    const provider = new TenantProvider(() => tools('a'));
    const { told } = listeners(startRegistry(provider), alice, { ...bob, tenant: 'another' }, bob);
    provider.announce('default');
    expect(told).toEqual([1, 0, 1]);
  });

  it('is told to those alone who have to do with the app that has changed', async () => {
    class ChoosyProvider extends TenantProvider implements ScopesChanges {
      isAffected({ subject }: Principal, { app }: ChangedApp): boolean {
        return app === undefined || subject === app;
      }
    }
    const provider = new ChoosyProvider(() => tools('a'));
    const { told } = listeners(startRegistry(provider), alice, bob);
    provider.announce(undefined, { tenant: 'default', app: 'bob' });
    expect(told).toEqual([0, 1]);
    provider.announce(undefined, { tenant: 'default' });
    expect(told).toEqual([1, 2]);
  });

  it('leads to no listing of somebody who sees something else by now', async () => {
    const keys = new Map([[alice.key, 'one']]);
    class MovingProvider extends AnnouncingProvider implements SharesCatalogue {
      catalogueKey({ key }: Principal): string {
        return keys.get(key) ?? 'one';
      }
    }
    const provider = new MovingProvider(({ principal }) => tools(principal.subject));
    provider.announcesOnlySome = true;
    const started = startRegistry(provider);
    listeners(started, alice);
    await pass(0);
    keys.set(alice.key, 'two');
    provider.announce();
    await pass(2 * TTL_MS);
    expect(await started.names(bob)).toEqual(['bob']);
    expect(await started.names(alice)).toEqual(['alice']);
  });

  it('is not told again when it is seen', async () => {
    const provider = new AnnouncingProvider(() => tools('a'));
    provider.announcesOnlySome = true;
    const started = startRegistry(provider);
    const { told } = listeners(started, alice);
    await started.names(alice);
    provider.answer = () => tools('b');
    provider.announce(alice.key);
    expect(await started.names(alice)).toEqual(['b']);
    await pass(2 * TTL_MS);
    expect(told).toEqual([1]);
  });

  it('is told again when it is seen only after a failure: the client has listed what was there before', async () => {
    const provider = new AnnouncingProvider(() => tools('a'));
    const started = startRegistry(provider);
    const { told } = listeners(started, alice);
    await started.names(alice);
    provider.answer = unavailable;
    provider.announce(alice.key);
    expect(await started.names(alice)).toEqual(['a']);
    provider.answer = () => tools('b');
    await pass(3_000);
    expect(told).toEqual([2]);
  });

  it('is not told to those who have left', async () => {
    const provider = new AnnouncingProvider(() => tools('a'));
    const { told, leave } = listeners(startRegistry(provider), alice, alice);
    leave[0]!();
    leave[0]!();
    provider.announce();
    expect(told).toEqual([0, 1]);
  });
});

describe('a change that the provider does not announce', () => {
  it('is told to a client that only listens, and to no user whose tools are the same', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const { told } = listeners(startRegistry(provider), alice, bob);
    await pass(0);
    provider.answer = ({ principal }) => (principal === alice ? tools('a', 'b') : tools('a'));
    await pass(TTL_MS + 1_000);
    expect(told).toEqual([1, 0]);
    await pass(3 * TTL_MS);
    expect(told).toEqual([1, 0]);
  });

  it('is told when a request has found it', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const started = startRegistry(provider);
    await started.names(alice);
    await pass(TTL_MS);
    provider.answer = () => tools('b');
    const { told } = listeners(started, alice);
    await started.names(alice);
    await pass(0);
    expect(told).toEqual([1]);
  });

  it('is told when a provider that could not list can, and when it gives up after an hour', async () => {
    const provider = new SilentProvider(unavailable);
    const started = startRegistry(provider);
    await started.names(alice);
    const { told } = listeners(started, alice);
    provider.answer = () => tools('a');
    await pass(3_000);
    expect(told).toEqual([1]);
    provider.answer = unavailable;
    await pass(3_600_000);
    expect(told).toEqual([1]);
    await pass(200_000);
    expect(told).toEqual([2]);
    expect(await started.names(alice)).toEqual([]);
  });

  it('is none when two users get one array where each had an equal one', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const started = startRegistry(provider);
    const { told } = listeners(started, alice, bob);
    await pass(0);
    const one = [tool('a')];
    provider.answer = async () => one;
    await pass(3 * TTL_MS);
    expect(told).toEqual([0, 0]);
    expect(await started.catalogue(alice)).toBe(await started.catalogue(bob));
  });
});

describe('tool changes at two replicas', () => {
  /** Each with a provider of its own, as each process has; the backend behind them is one. */
  function startTwo() {
    const backend = { tools: ['a'] };
    const providers = [0, 1].map(() => new SilentProvider(() => tools(...backend.tools)));
    const started = joinedBuses(2).map((bus, index) => startRegistryOn(bus, providers[index]!));
    return { backend, providers, one: started[0]!, other: started[1]! };
  }

  it('the one that finds a change tells of it when the other one asks anew, too', async () => {
    const { backend, one, other } = startTwo();
    await other.names(alice);
    await one.names(alice);
    await pass(TTL_MS / 2);
    await other.names(alice);
    const seen: Promise<string[]>[] = [];
    one.registry.onToolsChanged(alice, () => seen.push(other.names(alice)));
    backend.tools = ['a', 'b'];
    await pass(2 * TTL_MS);
    expect(await Promise.all(seen)).toEqual([['a', 'b']]);
  });

  it('the one where a client listens hears that the other one has shown it something else before', async () => {
    const { backend, one, other } = startTwo();
    await other.names(alice);
    backend.tools = ['a', 'b'];
    const { told } = listeners(one, alice, bob);
    await pass(0);
    expect(told).toEqual([1, 0]);
    expect(await other.names(alice)).toEqual(['a', 'b']);
    expect(await one.names(alice)).toEqual(['a', 'b']);
    await pass(3 * TTL_MS);
    expect(told).toEqual([1, 0]);
  });

  it('the one that is stopped while the other one hears of a change tells nobody any more', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const [bus] = joinedBuses(1);
    const started = startRegistryOn(bus!, provider);
    const { told } = listeners(started, alice);
    await pass(0);
    let taken = (): void => undefined;
    bus!.announce = () => new Promise((resolve) => (taken = () => resolve([])));
    provider.answer = () => tools('b');
    await pass(TTL_MS + 1_000);
    started.stop();
    taken();
    await pass(0);
    expect(provider.asked).toHaveLength(2);
    expect(told).toEqual([0]);
  });

  it('neither says anything when both list the same', async () => {
    const { providers, one, other } = startTwo();
    await other.names(alice);
    const { told } = listeners(one, alice);
    const { told: toldByOther } = listeners(other, alice);
    await pass(0);
    expect([told, toldByOther, providers.map(({ asked }) => asked.length)]).toEqual([[0], [0], [1, 1]]);
  });
});

describe('while somebody listens', () => {
  it('the provider is asked once in a time to live, and not at all before and afterwards', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const started = startRegistry(provider);
    await started.names(alice);
    await pass(10 * TTL_MS);
    expect(provider.asked).toHaveLength(1);
    const { leave } = listeners(started, alice, alice, alice);
    await pass(10 * TTL_MS);
    expect(provider.asked.length).toBeGreaterThanOrEqual(11);
    expect(provider.asked.length).toBeLessThanOrEqual(13);
    for (const stop of leave) stop();
    const { length } = provider.asked;
    await pass(10 * TTL_MS);
    expect(provider.asked).toHaveLength(length);
  });

  it('a provider that announces its changes is not asked', async () => {
    const provider = new TenantProvider(() => tools('a'));
    listeners(startRegistry(provider), alice, bob);
    await pass(10 * TTL_MS);
    expect(provider.asked).toHaveLength(1);
  });

  it('at most four questions are open at a time, and those who hang hold up no other provider', async () => {
    const slow = new SilentProvider(() => tools('a'), 'slow');
    const quick = new SilentProvider(() => tools('b'), 'quick');
    const users = Array.from({ length: 20 }, (_, index) => fixturePrincipal(`user-${index}`));
    listeners(startRegistry(slow, quick), ...users);
    await pass(0);
    const held = slow.hold();
    await pass(2 * TTL_MS);
    expect(held).toHaveLength(4);
    expect(quick.asked.length).toBeGreaterThanOrEqual(40);
  });

  it('users who came at one moment are not all refreshed at one moment', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const users = Array.from({ length: 40 }, (_, index) => fixturePrincipal(`user-${index}`));
    listeners(startRegistry(provider), ...users);
    await pass(TTL_MS * 0.95);
    expect(provider.asked.length).toBeGreaterThan(40);
    expect(provider.asked.length).toBeLessThan(80);
  });

  it('the provider is asked in the name of the credential that is good for longest, and never of one that has expired', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const short = { ...alice, expiresAt: Date.now() + TTL_MS / 2, credential: 'short' };
    const long = { ...alice, expiresAt: Date.now() + 2.5 * TTL_MS, credential: 'long' };
    listeners(startRegistry(provider), short, long, short);
    await pass(10 * TTL_MS);
    expect(provider.asked.map(({ principal }) => principal.credential)).toEqual(['short', 'long', 'long']);
  });

  it.each([
    ['the credential has expired', { ...alice, expiresAt: 1_000_000 + TTL_MS + 1_000 }, 0],
    ['the listing was pushed out of memory', alice, 10_000],
  ])('nobody is asked for whose turn comes when %s', async (_title, last, others) => {
    jest.setSystemTime(1_000_000);
    const provider = new SilentProvider(() => tools('a'));
    const started = startRegistry(provider);
    const users = [...['1', '2', '3', '4'].map((name) => fixturePrincipal(name)), last];
    for (const user of users) await started.names(user);
    const held = provider.hold();
    await pass(TTL_MS);
    for (const user of users) await started.names(user);
    await pass(1_000);
    const shared = [tool('a')];
    provider.answer = async () => shared;
    await push(started, others);
    const asked = provider.asked.length;
    for (const { answer } of held) answer([tool('a')]);
    await pass(0);
    expect(held).toHaveLength(4);
    expect(provider.asked).toHaveLength(asked);
  });

  it('a listing that is pushed out of memory during its refresh is told of, and asked for when it is wanted', async () => {
    const provider = new SilentProvider(() => tools('a'));
    const started = startRegistry(provider);
    const { told } = listeners(started, alice);
    await pass(0);
    const held = provider.hold();
    await pass(TTL_MS);
    const shared = [tool('a')];
    provider.answer = async () => shared;
    await push(started, 10_000);
    held[0]!.answer([tool('b')]);
    await pass(0);
    expect(told).toEqual([1]);
    const asked = provider.asked.length;
    await pass(TTL_MS);
    expect(provider.asked).toHaveLength(asked);
    provider.answer = () => tools('c');
    expect(await started.names(alice)).toEqual(['c']);
  });
});

describe('a shutdown', () => {
  it('during a refresh aborts it: nobody is told, nothing is logged or asked any more', async () => {
    const provider = new AnnouncingProvider(() => tools('a'));
    provider.announcesOnlySome = true;
    const started = startRegistry(provider);
    const users = Array.from({ length: 6 }, (_, index) => fixturePrincipal(`user-${index}`));
    const { told } = listeners(started, ...users);
    await started.names(alice);
    const held = provider.hold();
    await pass(TTL_MS);
    expect(held).toHaveLength(4);
    started.stop();
    expect(held.map(({ context }) => context.signal.aborted)).toEqual([true, true, true, true]);
    held[0]!.answer([tool('b')]);
    held[1]!.fail(held[1]!.context.signal.reason);
    provider.announce();
    expect(await started.names(alice)).toEqual(['a']);
    await pass(10 * TTL_MS);
    expect(held).toHaveLength(4);
    expect(told).toEqual([0, 0, 0, 0, 0, 0]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
