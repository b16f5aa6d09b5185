import { Logger } from '@nestjs/common';
import { LogCapture } from '@manifold/auth/testing';
import { ProviderError, type ProviderErrorCode } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { AnnouncingProvider, SilentProvider, startRegistry, tool, tools, TTL_MS } from '../testing/src/index.js';

const HOUR_MS = 3_600_000;
const alice = fixturePrincipal('alice');
const bob = fixturePrincipal('bob');
const fails =
  (code: ProviderErrorCode = 'upstream_unavailable', retryAfter?: number) =>
  (): Promise<never> =>
    Promise.reject(new ProviderError(code, 'No tools today', { retryAfter }));

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => jest.useRealTimers());

describe('a listing that is older than its time to live', () => {
  it('is shown at once, while the provider is asked a single time for all who see it', async () => {
    const provider = new SilentProvider(() => tools('old'));
    const { names } = startRegistry(provider);
    await names(alice);
    const held = provider.hold();
    await pass(TTL_MS);
    for (let request = 0; request < 50; request += 1) expect(await names(alice)).toEqual(['old']);
    expect(held).toHaveLength(1);
    held[0]!.answer([tool('new')]);
    await pass(0);
    expect(await names(alice)).toEqual(['new']);
    expect(provider.asked).toHaveLength(2);
  });

  it('is not asked for again before', async () => {
    const provider = new SilentProvider(() => tools('old'));
    const { names } = startRegistry(provider);
    await names(alice);
    await pass(TTL_MS * 0.89);
    await names(alice);
    expect(provider.asked).toHaveLength(1);
  });

  it('stays the object that it was when nothing has changed, whatever the order of keys', async () => {
    const provider = new SilentProvider(() => tools('same'));
    const { catalogue } = startRegistry(provider);
    const before = await catalogue(alice);
    const { ref, app, name, publicName, definition } = tool('same');
    provider.answer = async () => [{ definition, publicName, name, app, ref }];
    await pass(TTL_MS);
    await catalogue(alice);
    await pass(0);
    expect(provider.asked).toHaveLength(2);
    expect(await catalogue(alice)).toBe(before);
  });

  it('is replaced when no more than a reference has changed, so that calls reach the tool', async () => {
    const provider = new SilentProvider(async () => [{ ...tool('a'), ref: { action: 1 } }]);
    const { catalogue } = startRegistry(provider);
    await catalogue(alice);
    provider.answer = async () => [{ ...tool('a'), ref: { action: 2 } }];
    await pass(TTL_MS);
    await catalogue(alice);
    await pass(0);
    expect((await catalogue(alice)).find('a')?.descriptor.ref).toEqual({ action: 2 });
  });

  it('is waited for when nobody has asked for it in more than an hour', async () => {
    const provider = new SilentProvider(() => tools('old'));
    const { names } = startRegistry(provider);
    await names(alice);
    provider.answer = () => tools('new');
    await pass(TTL_MS + HOUR_MS);
    expect(await names(alice)).toEqual(['new']);
  });

  it('is refreshed for at most four users at a time, and for all of them in the end', async () => {
    const provider = new SilentProvider(() => tools('old'));
    const { names } = startRegistry(provider);
    const users = Array.from({ length: 10 }, (_, index) => fixturePrincipal(`user-${index}`));
    for (const user of users) await names(user);
    const held = provider.hold();
    await pass(TTL_MS);
    for (const user of users) await names(user);
    await pass(0);
    for (let done = 0; done < users.length; done += 1) {
      expect(held).toHaveLength(Math.min(users.length, done + 4));
      held[done]!.answer([tool('new')]);
      await pass(0);
    }
    for (const user of users) expect(await names(user)).toEqual(['new']);
  });
});

describe('a listing that cannot be refreshed', () => {
  it('stays, is asked for less and less often, and is logged once until the provider is back', async () => {
    const log = new LogCapture();
    Logger.overrideLogger(log);
    const provider = new SilentProvider(() => tools('kept'));
    const { names } = startRegistry(provider);
    await names(alice);
    provider.answer = fails();
    await pass(TTL_MS);
    const asked: number[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      const before = provider.asked.length;
      for (let second = 0; second < 60; second += 1) {
        expect(await names(alice)).toEqual(['kept']);
        await pass(1_000);
      }
      asked.push(provider.asked.length - before);
    }
    expect(asked[0]).toBeLessThanOrEqual(7);
    expect(Math.max(...asked.slice(1))).toBeLessThanOrEqual(2);
    expect(asked.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(8);
    provider.answer = () => tools('back');
    await pass(90_000);
    await names(alice);
    await pass(0);
    expect(await names(alice)).toEqual(['back']);
    Logger.overrideLogger(false);
    expect(log.text.match(/cannot list its tools/g)).toHaveLength(1);
    expect(log.text.match(/lists its tools again/g)).toHaveLength(1);
  });

  it('waits as long as the provider wants', async () => {
    const provider = new SilentProvider(() => tools('kept'));
    const { names } = startRegistry(provider);
    await names(alice);
    provider.answer = fails('rate_limited', 300);
    await pass(TTL_MS);
    await names(alice);
    await pass(299_000);
    await names(alice);
    expect(provider.asked).toHaveLength(2);
    await pass(1_000);
    await names(alice);
    expect(provider.asked).toHaveLength(3);
  });

  it('is given up after an hour, whatever is announced meanwhile', async () => {
    const provider = new AnnouncingProvider(() => tools('kept'));
    provider.announcesOnlySome = true;
    const { names } = startRegistry(provider);
    await names(alice);
    provider.answer = fails();
    await pass(TTL_MS);
    for (let minute = 0; minute < 59; minute += 1) {
      if (minute % 10 === 0) provider.announce();
      expect(await names(alice)).toEqual(['kept']);
      await pass(60_000);
    }
    await pass(60_000);
    expect(await names(alice)).toEqual([]);
  });

  it.each(['permission_denied', 'reauth_required'] as const)('goes at once when the answer is %s', async (code) => {
    const provider = new SilentProvider(() => tools('secret'));
    const { names, registry } = startRegistry(provider, new SilentProvider(() => tools('other'), 'two'));
    let told = 0;
    registry.onToolsChanged(alice, () => (told += 1));
    await names(alice);
    await names(bob);
    provider.answer = ({ principal }) => (principal === alice ? fails(code)() : tools('secret'));
    await pass(TTL_MS);
    await names(bob);
    await pass(0);
    expect(await names(alice)).toEqual(['other']);
    expect(await names(bob)).toEqual(['secret', 'other']);
    expect(told).toBe(1);
  });

  it.each([
    'not_connected',
    'invalid_arguments',
    'rate_limited',
    'timeout',
    'cancelled',
    'upstream_unavailable',
    'upstream_rejected',
  ] as const)('stays when the answer is %s', async (code) => {
    const provider = new SilentProvider(() => tools('kept'));
    const { names } = startRegistry(provider);
    await names(alice);
    provider.answer = fails(code);
    await pass(TTL_MS);
    await names(alice);
    await pass(0);
    expect(await names(alice)).toEqual(['kept']);
  });

  it('stays when the provider refuses a credential that expired while it was asked', async () => {
    const provider = new SilentProvider(() => tools('kept'));
    const { names } = startRegistry(provider);
    const leaving = { ...alice, expiresAt: Date.now() + TTL_MS + 1_000 };
    await names(leaving);
    const held = provider.hold();
    await pass(TTL_MS);
    await names(leaving);
    await pass(1_000);
    held[0]!.fail(new ProviderError('reauth_required', 'Expired'));
    await pass(0);
    expect(await names(alice)).toEqual(['kept']);
  });

  it('stays when what the provider answers cannot be compared', async () => {
    const nested = (): unknown => JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const provider = new SilentProvider(async () => [{ ...tool('kept'), ref: { nested: nested() } }]);
    const { names } = startRegistry(provider);
    await names(alice);
    await pass(TTL_MS);
    await names(alice);
    await pass(0);
    expect(provider.asked).toHaveLength(2);
    expect(await names(alice)).toEqual(['kept']);
  });
});

describe('a listing that has never succeeded', () => {
  it('is empty for a second, and then asked for again by the next who wants it', async () => {
    const provider = new SilentProvider(fails());
    const { names } = startRegistry(provider);
    for (let request = 0; request < 20; request += 1) expect(await names(alice)).toEqual([]);
    expect(provider.asked).toHaveLength(1);
    provider.answer = () => tools('a');
    await pass(1_000);
    expect(await names(alice)).toEqual(['a']);
  });

  it('is empty, not missing, where the provider has no tools for the user: that is shown while it is refreshed', async () => {
    const provider = new SilentProvider(() => tools());
    const { names } = startRegistry(provider);
    await names(alice);
    const held = provider.hold();
    await pass(TTL_MS);
    expect(await names(alice)).toEqual([]);
    expect(held).toHaveLength(1);
  });
});

describe('a change that the provider announces', () => {
  it('is never answered with what was asked for before it', async () => {
    const provider = new AnnouncingProvider(() => tools('never'));
    const { names } = startRegistry(provider);
    const held = provider.hold();
    const early = names(alice);
    provider.announce(alice.key);
    const late = names(alice);
    held[1]!.answer([tool('new')]);
    expect(await late).toEqual(['new']);
    held[0]!.answer([tool('old')]);
    expect(await early).toEqual(['new']);
    expect(await names(alice)).toEqual(['new']);
    expect(provider.asked).toHaveLength(2);
  });

  it('lets those wait who asked before it, until there is an answer of the time after', async () => {
    const provider = new AnnouncingProvider(() => tools('never'));
    const { names } = startRegistry(provider);
    const held = provider.hold();
    const early = names(alice);
    provider.announce();
    const late = names(alice);
    held[0]!.answer([tool('old')]);
    await pass(0);
    held[1]!.answer([tool('new')]);
    expect(await Promise.all([early, late])).toEqual([['new'], ['new']]);
  });

  it('answers those who asked before it with what there was, where nobody has asked since', async () => {
    const provider = new AnnouncingProvider(() => tools('never'));
    const { names } = startRegistry(provider);
    const held = provider.hold();
    const early = names(alice);
    provider.announce();
    held[0]!.answer([tool('old')]);
    expect(await early).toEqual(['old']);
    provider.answer = () => tools('new');
    expect(await names(alice)).toEqual(['new']);
  });

  it('overtakes a refresh', async () => {
    const provider = new AnnouncingProvider(() => tools('first'));
    provider.announcesOnlySome = true;
    const { names } = startRegistry(provider);
    await names(alice);
    const held = provider.hold();
    await pass(TTL_MS);
    await names(alice);
    provider.announce(alice.key);
    const waiting = names(alice);
    held[0]!.answer([tool('of the time before')]);
    await pass(0);
    held[1]!.answer([tool('connected')]);
    expect(await waiting).toEqual(['connected']);
    expect(await names(alice)).toEqual(['connected']);
  });

  it('is of no effect on others, and leaves them what they have', async () => {
    const provider = new AnnouncingProvider(({ principal }) => tools(`for_${principal.subject}`));
    const { catalogue, names } = startRegistry(provider);
    const before = await catalogue(bob);
    await names(alice);
    provider.announce(alice.key);
    provider.announce('of somebody whom nobody knows');
    expect(await names(alice)).toEqual(['for_alice']);
    expect(await catalogue(bob)).toBe(before);
    expect(provider.asked.map(({ principal }) => principal.subject)).toEqual(['bob', 'alice', 'alice']);
  });

  it('does not take tools away when the provider then fails', async () => {
    const provider = new AnnouncingProvider(() => tools('kept'));
    const { names } = startRegistry(provider);
    await names(alice);
    provider.answer = fails();
    provider.announce();
    expect(await names(alice)).toEqual(['kept']);
    provider.answer = () => tools('new');
    await pass(2_000);
    await names(alice);
    await pass(0);
    expect(await names(alice)).toEqual(['new']);
  });

  it.each([
    [false, 1],
    [true, 2],
  ])('is all that matters, unless the provider announces only some: %s', async (announcesOnlySome, asked) => {
    const provider = new AnnouncingProvider(() => tools('a'));
    provider.announcesOnlySome = announcesOnlySome;
    const { names } = startRegistry(provider);
    await names(alice);
    await pass(TTL_MS);
    await names(alice);
    await pass(0);
    expect(provider.asked).toHaveLength(asked);
  });
});
