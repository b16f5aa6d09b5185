import { once } from 'node:events';
import { withTimeLimit } from './time-limit.js';

const late = (): Error => new Error('late');

/** Ends when its signal does, with the signal's reason. */
const waiting = async (signal: AbortSignal): Promise<never> => {
  await once(signal, 'abort');
  throw signal.reason;
};

describe('a task with a time limit', () => {
  it('ends with the given error, and the parent goes on', async () => {
    const parent = new AbortController();
    await expect(withTimeLimit(parent.signal, 10, late, waiting)).rejects.toThrow('late');
    expect(parent.signal.aborted).toBe(false);
  });

  it('ends with the parent, for its reason', async () => {
    const parent = new AbortController();
    const task = withTimeLimit(parent.signal, 20_000, late, waiting);
    parent.abort(new Error('cancelled'));
    await expect(task).rejects.toThrow('cancelled');
  });

  it('resolves to what it comes to', async () => {
    await expect(withTimeLimit(new AbortController().signal, 20_000, late, () => Promise.resolve(1))).resolves.toBe(1);
  });

  it('makes no error when it ends in time', async () => {
    const made = jest.fn(late);
    await withTimeLimit(new AbortController().signal, 20_000, made, () => Promise.resolve());
    expect(made).not.toHaveBeenCalled();
  });
});
