import { CallTurns } from './call-turns.js';

/** A call that begins when its turn comes, and ends when it is told to. */
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

describe('CallTurns', () => {
  const begin = (turns: CallTurns, turn: 'alone' | 'together', signal = new AbortController().signal, end = quiet) => {
    const call = new Held();
    const outcome = turns.run(turn, signal, call.run, end);
    outcome.catch(() => undefined);
    return { call, outcome };
  };

  it('runs calls together, and a call alone when they have ended; those that come later wait for it', async () => {
    const turns = new CallTurns();
    const together = [begin(turns, 'together'), begin(turns, 'together')];
    const alone = begin(turns, 'alone');
    const later = begin(turns, 'together');
    const begun = () => [...together, alone, later].map(({ call }) => call.hasBegun);
    await settled();
    expect(begun()).toEqual([true, true, false, false]);
    for (const { call } of together) call.end();
    await settled();
    expect(begun()).toEqual([true, true, true, false]);
    alone.call.end();
    await settled();
    expect(begun()).toEqual([true, true, true, true]);
    later.call.end();
    await Promise.all([...together, alone, later].map(({ outcome }) => outcome));
  });

  it('lets a call give up before its turn', async () => {
    const turns = new CallTurns();
    const first = begin(turns, 'alone');
    const giveUp = new AbortController();
    const second = begin(turns, 'alone', giveUp.signal);
    const third = begin(turns, 'together');
    giveUp.abort(new Error('enough'));
    await expect(second.outcome).rejects.toThrow('enough');
    first.call.end();
    await settled();
    expect([second.call.hasBegun, third.call.hasBegun]).toEqual([false, true]);
  });

  it('goes on after a call that failed', async () => {
    const turns = new CallTurns();
    const fail = () => Promise.reject(new Error('broken'));
    await expect(turns.run('alone', new AbortController().signal, fail, quiet)).rejects.toThrow('broken');
    const next = begin(turns, 'alone');
    await settled();
    expect(next.call.hasBegun).toBe(true);
  });

  it('keeps others waiting after a call that was given up, until the server is quiet, but not its caller', async () => {
    const turns = new CallTurns();
    const giveUp = new AbortController();
    const silence = new Held();
    const given = begin(turns, 'alone', giveUp.signal, silence.run);
    const next = begin(turns, 'together');
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
