import { SingleBus, LeaseSettings, StoreLeases } from '@manifold/bus';
import { ProblemError } from '@manifold/rest';
import { temporaryStore, type OpenStore } from '@manifold/store/testing';
import { deferred } from '../../../../test/support/deferred.js';
import { PackageWork } from './package-work.js';

const never = new AbortController().signal;
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('work on packages', () => {
  let opened: OpenStore;
  let work: PackageWork;

  beforeEach(async () => {
    opened = await temporaryStore();
    work = new PackageWork(new SingleBus(), new StoreLeases(opened.store, new LeaseSettings()));
  });
  afterEach(() => opened.close());

  it('is one thing at a time for each server of each tenant', async () => {
    const first = deferred<string>();
    const running = work.exclusively('t', 's', never, () => first.promise);
    await expect(work.exclusively('t', 's', never, async () => 'second')).rejects.toMatchObject({
      status: 409,
      code: 'package_busy',
    });
    expect(await work.exclusively('t', 'other', never, async () => 'done')).toBe('done');
    expect(await work.exclusively('other', 's', never, async () => 'done')).toBe('done');
    first.resolve('first');
    expect(await running).toBe('first');
    expect(await work.exclusively('t', 's', never, async () => 'third')).toBe('third');
  });

  it('is over after a failure', async () => {
    await expect(work.exclusively('t', 's', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await work.exclusively('t', 's', never, async () => 'yes')).toBe('yes');
  });

  it.each<[string, (caller: AbortController) => void]>([
    ['its caller', (caller) => caller.abort(new Error('enough'))],
    ['whoever deletes the server', () => void work.cancel('t', 's', new ProblemError(409, 'enough', 'enough'))],
    ['the end of the gateway', () => work.onApplicationShutdown()],
  ])('is ended by %s', async (_who, end) => {
    const caller = new AbortController();
    const running = work.exclusively('t', 's', caller.signal, untilAborted);
    end(caller);
    await expect(running).rejects.toThrow(/enough|shutting down/);
  });

  it('does not begin when its caller has left', async () => {
    const task = jest.fn();
    await expect(work.exclusively('t', 's', AbortSignal.abort(new Error('left')), task)).rejects.toThrow('left');
    expect(task).not.toHaveBeenCalled();
  });
});
