import { setImmediate } from 'node:timers/promises';
import { loadConfig } from '@manifold/config';
import { Overload } from './overload.js';

describe('A process that has too much to do', () => {
  it('is one with more requests under way than its limit', () => {
    const overload = new Overload(loadConfig({ CALLS_MAX: '2' }));
    let calls = 1;
    overload.countCalls(() => calls);
    expect(overload.isOver).toBe(false);
    calls = 2;
    expect(overload.isOver).toBe(true);
  });

  it('is one whose event loop turns slowly, until it turns as usual again', async () => {
    const overload = new Overload(loadConfig({ EVENT_LOOP_DELAY_MAX_MS: '100' }));
    overload.onModuleInit();
    const still = new Int32Array(new SharedArrayBuffer(4));
    while (!overload.isOver) {
      Atomics.wait(still, 0, 0, 250);
      await setImmediate();
    }
    while (overload.isOver) await setImmediate();
    overload.onApplicationShutdown();
  });

  it('is never one without limits', () => {
    const overload = new Overload(loadConfig({}));
    overload.countCalls(() => 1_000_000);
    expect(overload.isOver).toBe(false);
  });
});
