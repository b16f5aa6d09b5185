import { join } from 'node:path';
import { loadConfig } from '@manifold/config';
import { figuresOf } from '../../../test/support/measuring/figures-of.js';
import { Overload } from './overload.js';

/** Stands for Node's histogram of event loop delays, which a busy machine would fill. */
const histogram = { mean: NaN, enable: jest.fn(), disable: jest.fn(), reset: jest.fn() };

jest.mock('node:perf_hooks', () => ({ monitorEventLoopDelay: () => histogram }));

describe('A process that has too much to do', () => {
  it('is one with more requests under way than its limit', () => {
    const overload = new Overload(loadConfig({ CALLS_MAX: '2' }));
    let calls = 1;
    overload.countCalls(() => calls);
    expect(overload.isOver).toBe(false);
    calls = 2;
    expect(overload.isOver).toBe(true);
  });

  it('is never one without limits', () => {
    const overload = new Overload(loadConfig({}));
    overload.countCalls(() => 1_000_000);
    expect(overload.isOver).toBe(false);
  });

  it('is one whose event loop Node finds slow, until it turns as usual again', async () => {
    const { heldUp } = await figuresOf<'heldUp'>(join(import.meta.dirname, '../testing/src/overload.measure.ts'));
    // Turns of 250 ms: two averages of half a second each are high. The program ends when the overload has ended.
    expect(heldUp).toBeGreaterThanOrEqual(3);
  });

  describe('by its event loop', () => {
    let overload: Overload;
    /** Half a second in which the event loop turned late by so many milliseconds, on an average. @returns whether it is too much */
    const afterDelay = (ms: number): boolean => {
      histogram.mean = (ms + 10) * 1e6; // Node measures with a timer of 10 ms, in nanoseconds
      jest.advanceTimersByTime(500);
      return overload.isOver;
    };

    beforeEach(() => {
      jest.useFakeTimers();
      overload = new Overload(loadConfig({ EVENT_LOOP_DELAY_MAX_MS: '100' }));
      overload.onModuleInit();
    });
    afterEach(() => {
      overload.onApplicationShutdown();
      jest.useRealTimers();
    });

    it('is one that turns slowly, until it turns as usual again', () => {
      expect([1, 250, 250, 250, 2, 1].map(afterDelay)).toEqual([false, false, true, true, false, false]);
    });

    it('is none that was held up once, however long', () => {
      expect([1, 1_500, 1, 1].map(afterDelay)).toEqual([false, false, false, false]);
    });

    it('looks at each half second for itself', () => {
      histogram.reset.mockClear();
      [1, 1, 1].forEach(afterDelay);
      expect(histogram.reset).toHaveBeenCalledTimes(3);
    });

    it('is none without anything measured', () => expect([NaN, NaN].map(afterDelay)).toEqual([false, false]));
  });
});
