import { KeyedMutex } from './keyed-mutex.js';

describe('KeyedMutex', () => {
  it('runs the tasks of one key in order, one at a time', async () => {
    const mutex = new KeyedMutex();
    const events: string[] = [];
    const task = (name: string) => async () => {
      events.push(`${name} begins`);
      await new Promise(setImmediate);
      events.push(`${name} ends`);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => mutex.run('key', task(name))));
    expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('goes on after a task that fails, and tells only its caller', async () => {
    const mutex = new KeyedMutex();
    const failing = mutex.run('key', () => Promise.reject(new Error('broken')));
    const next = mutex.run('key', () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
  });

  it('does not let one key wait for another', async () => {
    const mutex = new KeyedMutex();
    let release: () => void = () => undefined;
    const held = mutex.run('held', () => new Promise<void>((resolve) => (release = resolve)));
    await expect(mutex.run('free', () => Promise.resolve('done'))).resolves.toBe('done');
    release();
    await held;
  });
});
