import { setImmediate, setTimeout as pause } from 'node:timers/promises';
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

  it('is none that was held up once, however long', async () => {
    const overload = new Overload(loadConfig({ EVENT_LOOP_DELAY_MAX_MS: '100' }));
    overload.onModuleInit();
    await pause(600);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    const seen = new Set<boolean>();
    for (const end = performance.now() + 1_200; performance.now() < end; await pause(10)) seen.add(overload.isOver);
    overload.onApplicationShutdown();
    expect([...seen]).toEqual([false]);
  });

  it('is never one without limits', () => {
    const overload = new Overload(loadConfig({}));
    overload.countCalls(() => 1_000_000);
    expect(overload.isOver).toBe(false);
  });
});
