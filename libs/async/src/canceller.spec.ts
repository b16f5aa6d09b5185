import { Canceller } from './canceller.js';
import { type CancellationListener } from './cancellation.js';

class Listener implements CancellationListener {
  times = 0;

  handleEvent(): void {
    this.times += 1;
  }
}

describe('Canceller', () => {
  it('tells its listeners once, with the first reason', () => {
    const canceller = new Canceller();
    const [staying, leaving] = [new Listener(), new Listener()];
    for (const listener of [staying, staying, leaving]) canceller.addEventListener('abort', listener);
    canceller.removeEventListener('abort', leaving);
    expect(canceller).toMatchObject({ aborted: false, reason: undefined });

    canceller.abort('first');
    canceller.abort('second');
    canceller.addEventListener('abort', leaving);

    expect(canceller).toMatchObject({ aborted: true, reason: 'first' });
    expect([staying.times, leaving.times]).toEqual([1, 0]);
  });

  it('tells nobody who has left meanwhile', () => {
    const canceller = new Canceller();
    const last = new Listener();
    const first = { handleEvent: () => canceller.removeEventListener('abort', last) };
    canceller.addEventListener('abort', first);
    canceller.addEventListener('abort', last);
    canceller.abort('over');
    expect(last.times).toBe(0);
  });

  it.each(['before', 'after'])('has one signal that aborts with the reason, asked for %s the end', (when) => {
    const canceller = new Canceller();
    const early = when === 'before' ? canceller.signal : undefined;
    canceller.abort('over');
    expect(canceller.signal).toMatchObject({ aborted: true, reason: 'over' });
    expect(canceller.signal).toBe(early ?? canceller.signal);
  });

  it('is served like an AbortSignal by those who wait', () => {
    const listener = new Listener();
    const controller = new AbortController();
    for (const cancellation of [new Canceller(), controller.signal]) {
      cancellation.addEventListener('abort', listener);
    }
    controller.abort();
    expect(listener.times).toBe(1);
  });
});
