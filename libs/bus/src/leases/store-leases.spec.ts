import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreConflictError } from '@manifold/store';
import { openStore, type OpenStore } from '@manifold/store/testing';
import { deferred } from '../../../../test/support/deferred.js';
import { LeaseSettings } from './lease-settings.js';
import { LeaseTakenError, type Candidacy, type KeptLease } from './leases.js';
import { StoreLeases } from './store-leases.js';

/** Longer than a busy machine holds a beat up: both processes are this one, and none may seem dead that lives. */
const LEASE_MS = 2_500;
const KEPT_MS = 1_500;

let folder: string;
let stores: OpenStore[];

/** A process with a connection of its own to the same database. */
async function process(leaseMs = LEASE_MS, keptMs = KEPT_MS): Promise<StoreLeases> {
  const opened = await openStore({ DATA_DIR: folder });
  stores.push(opened);
  return new StoreLeases(opened.store, Object.assign(new LeaseSettings(), { leaseMs, keptMs }));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-leases-'));
  stores = [];
});

afterEach(async () => {
  jest.restoreAllMocks();
  for (const { close } of stores) await close();
  await rm(folder, { recursive: true, force: true });
});

it('lets the processes take turns, one at a time, without waiting for the end of a lease', async () => {
  const all = await Promise.all([process(60_000), process(60_000), process(60_000)]);
  let running = 0;
  let most = 0;
  const task = async (): Promise<void> => {
    most = Math.max(most, (running += 1));
    await sleep(5);
    running -= 1;
  };
  await Promise.all([...all, ...all, ...all].map((leases) => leases.run('one', task)));
  expect(most).toBe(1);
});

it('does not let one name wait for another', async () => {
  const leases = await process();
  const { promise: passed, resolve: open } = deferred<void>();
  const held = leases.run('one', () => passed);
  await expect(leases.run('two', () => Promise.resolve('done'))).resolves.toBe('done');
  open();
  await held;
});

it('gives the turn back when the task fails', async () => {
  const leases = await process(60_000);
  await expect(leases.run('one', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(leases.run('one', () => Promise.resolve('next'))).resolves.toBe('next');
});

it('keeps the turn for a task that takes much longer than a lease', async () => {
  const [slow, other] = [await process(), await process()];
  const events: string[] = [];
  const started = deferred<void>();
  const first = slow.run('one', async () => {
    started.resolve();
    await sleep(4 * LEASE_MS);
    events.push('slow ends');
  });
  await started.promise;
  await other.run('one', async () => void events.push('other begins'));
  await first;
  expect(events).toEqual(['slow ends', 'other begins']);
});

it('passes the turn of a process that has died on', async () => {
  const [dead, other] = [await process(), await process()];
  const started = deferred<void>();
  const never = dead.run('one', () => {
    started.resolve();
    return new Promise(() => undefined);
  });
  await started.promise;
  void never;
  await stores[0]!.close(); // its heart stops
  stores.shift();
  await expect(other.run('one', () => Promise.resolve('taken over'))).resolves.toBe('taken over');
});

it.each([-7_200_000, 7_200_000])('compares no clocks: one of them may be %i ms off, or set', async (skew) => {
  // Longer than any pause of a busy machine: a clock that is hours off would end it all the same.
  const [holder, other] = [await process(60_000), await process(60_000)];
  const { promise: passed, resolve: open } = deferred<void>();
  const started = deferred<void>();
  const events: string[] = [];
  const first = holder.run('one', async () => {
    started.resolve();
    await passed;
    events.push('holder ends');
  });
  await started.promise;
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + skew);
  const second = other.run('one', async () => void events.push('other begins'));
  await sleep(2 * LEASE_MS);
  open();
  await Promise.all([first, second]);
  expect(events).toEqual(['holder ends', 'other begins']);
});

it('does not disturb the new holder when one that was taken for dead ends', async () => {
  const [stalled, other, third] = [await process(), await process(), await process()];
  const [started, stalledMayEnd, otherMayEnd] = [deferred<void>(), deferred<void>(), deferred<void>()];
  const stopped = jest
    .spyOn(global, 'setInterval')
    .mockImplementationOnce(() => setTimeout(() => undefined, 0) as never);
  const first = stalled.run('one', () => (started.resolve(), stalledMayEnd.promise));
  await started.promise;
  expect(stopped).toHaveBeenCalled();
  const [events, taken] = [[] as string[], deferred<void>()];
  const second = other.run('one', async () => {
    taken.resolve();
    await otherMayEnd.promise;
    events.push('other ends');
  });
  await taken.promise;
  stalledMayEnd.resolve();
  await first;
  const last = third.run('one', async () => void events.push('third begins'));
  await sleep(LEASE_MS);
  otherMayEnd.resolve();
  await Promise.all([second, last]);
  expect(events).toEqual(['other ends', 'third begins']);
});

describe('an attempt', () => {
  it('is refused while a process that lives has the turn, and runs when it is free', async () => {
    const [holder, other] = [await process(), await process()];
    const [started, held] = [deferred<void>(), deferred<void>()];
    const first = holder.run('one', () => (started.resolve(), held.promise));
    await started.promise;
    const task = jest.fn();
    await expect(other.attempt('one', task)).rejects.toThrow(LeaseTakenError);
    expect(task).not.toHaveBeenCalled();
    held.resolve();
    await first;
    await expect(other.attempt('one', () => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('lets one of two win that come at the same moment', async () => {
    const [one, two] = [await process(), await process()];
    const both = deferred<void>();
    const attempts = [one, two].map((leases) => leases.attempt('one', () => both.promise));
    const loser = await Promise.any(
      attempts.map((attempt) =>
        attempt.then(
          () => Promise.reject(),
          (error) => error,
        ),
      ),
    );
    expect(loser).toBeInstanceOf(LeaseTakenError);
    both.resolve();
    expect((await Promise.allSettled(attempts)).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('takes the turn of a process that has died', async () => {
    const [dead, other] = [await process(), await process()];
    const started = deferred<void>();
    void dead.run('one', () => (started.resolve(), new Promise(() => undefined)));
    await started.promise;
    await stores.shift()!.close();
    await expect(other.attempt('one', () => Promise.resolve('taken over'))).resolves.toBe('taken over');
  });

  it('is given up with its signal', async () => {
    const [holder, other] = [await process(60_000), await process(60_000)];
    const [started, held] = [deferred<void>(), deferred<void>()];
    const first = holder.run('one', () => (started.resolve(), held.promise));
    await started.promise;
    const enough = new AbortController();
    const waiting = other.run('one', () => Promise.resolve(), enough.signal);
    enough.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    held.resolve();
    await first;
  });
});

describe('a lease that is kept', () => {
  const candidate = async (label: string, keptMs = KEPT_MS) => {
    const leases = await process(LEASE_MS, keptMs);
    return { candidacy: leases.candidacy('one', label) };
  };
  const taken = (result: KeptLease | string): KeptLease => {
    if (typeof result === 'string') throw new Error(`It is held by ${result}`);
    return result;
  };
  const takenSoon = async (candidacy: Candidacy): Promise<KeptLease> => {
    for (;;) {
      const result = await candidacy.attempt();
      if (typeof result !== 'string') return result;
      await sleep(10);
    }
  };

  it('is held by one, whom the others can name, for as long as it lives', async () => {
    const [one, two] = [await candidate('one'), await candidate('two')];
    const lease = taken(await one.candidacy.attempt());
    for (const until = Date.now() + 3 * KEPT_MS; Date.now() < until; await sleep(20)) {
      expect(await two.candidacy.attempt()).toBe('one');
      expect(await two.candidacy.look()).toBe('one');
    }
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
    expect(await two.candidacy.look()).toBeUndefined();
    await taken(await two.candidacy.attempt()).release();
  });

  it('is given to one of many that want it at once', async () => {
    const all = await Promise.all(['one', 'two', 'three'].map(candidate));
    const results = await Promise.all(all.map(({ candidacy }) => candidacy.attempt()));
    const [held, ...more] = results.filter((result) => typeof result !== 'string');
    expect(more).toEqual([]);
    await held!.release();
  });

  it('is lost to its holder before anybody else can have it', async () => {
    const [one, two] = [await process(), await candidate('two')];
    const opened = stores[0]!;
    const lease = taken(await one.candidacy('one', 'one').attempt());
    expect(await two.candidacy.look()).toBe('one');
    const events: string[] = [];
    lease.lost.addEventListener('abort', () => events.push('lost'));
    stores.shift();
    await opened.close(); // it cannot be renewed any more
    const next = await takenSoon(two.candidacy);
    events.push('taken');
    expect(events).toEqual(['lost', 'taken']);
    await lease.release();
    await next.release();
  });

  it('is lost to a holder that was taken for dead with its next beat', async () => {
    const [one, hasty] = [await candidate('one'), await candidate('hasty', 1)];
    const lease = taken(await one.candidacy.attempt());
    const lost = new Promise<unknown>((resolve) =>
      lease.lost.addEventListener('abort', () => resolve(lease.lost.reason)),
    );
    const next = await takenSoon(hasty.candidacy);
    expect(await lost).toBeInstanceOf(StoreConflictError);
    await next.release();
  });
});
