import { SharedExclusiveLock } from './shared-exclusive-lock.js';

/** A call that begins when it has the lock, and ends when it is told to. */
class Held {
  hasBegun = false;
  end: () => void = () => undefined;

  run = (): Promise<void> => {
    this.hasBegun = true;
    return new Promise((resolve) => (this.end = resolve));
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const quiet = (): Promise<void> => Promise.resolve();

describe('SharedExclusiveLock', () => {
  const begin = (
    lock: SharedExclusiveLock,
    mode: 'exclusive' | 'shared',
    signal = new AbortController().signal,
    end = quiet,
  ) => {
    const call = new Held();
    const outcome = lock.run(mode, signal, call.run, end);
    outcome.catch(() => undefined);
    return { call, outcome };
  };

  it('runs shared calls at once, and an exclusive one when they have ended; calls that come later wait for it', async () => {
    const lock = new SharedExclusiveLock();
    const shared = [begin(lock, 'shared'), begin(lock, 'shared')];
    const exclusive = begin(lock, 'exclusive');
    const later = begin(lock, 'shared');
    const begun = () => [...shared, exclusive, later].map(({ call }) => call.hasBegun);
    await settled();
    expect(begun()).toEqual([true, true, false, false]);
    for (const { call } of shared) call.end();
    await settled();
    expect(begun()).toEqual([true, true, true, false]);
    exclusive.call.end();
    await settled();
    expect(begun()).toEqual([true, true, true, true]);
    later.call.end();
    await Promise.all([...shared, exclusive, later].map(({ outcome }) => outcome));
  });

  it('lets a call give up before it has the lock', async () => {
    const lock = new SharedExclusiveLock();
    const first = begin(lock, 'exclusive');
    const giveUp = new AbortController();
    const second = begin(lock, 'exclusive', giveUp.signal);
    const third = begin(lock, 'shared');
    giveUp.abort(new Error('enough'));
    await expect(second.outcome).rejects.toThrow('enough');
    first.call.end();
    await settled();
    expect([second.call.hasBegun, third.call.hasBegun]).toEqual([false, true]);
  });

  it('goes on after a call that failed', async () => {
    const lock = new SharedExclusiveLock();
    const fail = () => Promise.reject(new Error('broken'));
    await expect(lock.run('exclusive', new AbortController().signal, fail, quiet)).rejects.toThrow('broken');
    const next = begin(lock, 'exclusive');
    await settled();
    expect(next.call.hasBegun).toBe(true);
  });

  it('keeps others waiting after a call that was given up, until the server is quiet, but not its caller', async () => {
    const lock = new SharedExclusiveLock();
    const giveUp = new AbortController();
    const silence = new Held();
    const given = begin(lock, 'exclusive', giveUp.signal, silence.run);
    const next = begin(lock, 'shared');
    await settled();
    giveUp.abort();
    given.call.end();
    await given.outcome;
    await settled();
    expect([silence.hasBegun, next.call.hasBegun]).toEqual([true, false]);
    silence.end();
    await settled();
    expect(next.call.hasBegun).toBe(true);
  });
});
