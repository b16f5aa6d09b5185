import { deferred } from '../../../../test/support/deferred.js';
import { SingleFlight } from './single-flight.js';

const never = new AbortController().signal;

describe('work that is shared', () => {
  it('is done once for all who wait, and anew afterwards', async () => {
    const work = new SingleFlight();
    const { promise, resolve } = deferred<void>();
    const begin = jest.fn(() => promise);
    const both = [work.join('key', never, begin), work.join('key', never, begin)];
    resolve();
    await Promise.all(both);
    expect(begin).toHaveBeenCalledTimes(1);
    await work.join('key', never, begin);
    expect(begin).toHaveBeenCalledTimes(2);
  });

  it('does not let one key wait for another', async () => {
    const work = new SingleFlight();
    const { promise, resolve } = deferred<void>();
    const held = work.join('held', never, () => promise);
    await work.join('free', never, async () => undefined);
    resolve();
    await held;
  });

  it('goes on while somebody waits, and is given up with the last one who leaves', async () => {
    const work = new SingleFlight();
    const [one, two] = [new AbortController(), new AbortController()];
    const signals: AbortSignal[] = [];
    const begin = (signal: AbortSignal): Promise<never> => {
      signals.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const waiting = [work.join('key', one.signal, begin), work.join('key', two.signal, begin)];
    one.abort(new Error('one leaves'));
    await expect(waiting[0]).rejects.toThrow('one leaves');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    two.abort(new Error('two leaves'));
    await expect(waiting[1]).rejects.toThrow('two leaves');
    expect(signals[0]!.aborted).toBe(true);
    await work.join('key', never, async () => undefined);
  });

  it('fails for all who wait, and can be tried again', async () => {
    const work = new SingleFlight();
    const failing = (): Promise<void> => Promise.reject(new Error('no'));
    const both = [work.join('key', never, failing), work.join('key', never, failing)];
    for (const { status } of await Promise.allSettled(both)) expect(status).toBe('rejected');
    await work.join('key', never, async () => undefined);
  });
});
