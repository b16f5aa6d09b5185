import {
  aborted,
  answerLater,
  NETWORKS,
  NUMBERS,
  PickyError,
  type Member,
  type Network,
  type NumbersCall,
} from '@manifold/bus/testing';
import { eventually } from '../../../../test/support/eventually.js';
import { ReplicaGoneError } from '../replica-gone-error.js';
import { SingleBus } from '../single-bus.js';

describe.each(NETWORKS)('calls between replicas %s', (_where, start) => {
  let network: Network;
  let a: Member;
  let b: Member;

  beforeAll(async () => {
    network = await start();
  });
  beforeEach(async () => {
    [a, b] = await network.join();
  });
  afterEach(() => {
    for (const member of [a, b]) member.end();
  });
  afterAll(() => network.end());

  const answer = (handler: (message: number, call: NumbersCall) => Promise<number | undefined>): void =>
    void b.bus.onCalled(NUMBERS, handler);
  const call = (message: number, options = {}) => a.bus.call(b.bus.replica, NUMBERS, message, options);

  it('are answered, also with nothing', async () => {
    answer(async (message, { from }) => (from === a.bus.replica ? message * 2 : 0));
    expect(await call(21)).toBe(42);
    answer(async () => undefined);
    expect(await call(21)).toBeUndefined();
  });

  it('fail with the errors of their topic', async () => {
    answer(() => Promise.reject(new PickyError('sour')));
    const failed = call(1);
    await expect(failed).rejects.toBeInstanceOf(PickyError);
    await expect(failed).rejects.toMatchObject({ taste: 'sour' });
  });

  it('do not show other errors', async () => {
    for (const handler of [() => Promise.reject(new Error('a secret')), () => nothing('a secret')]) {
      answer(handler as () => Promise<number>);
      const failed = call(1);
      await expect(failed).rejects.toThrow(ReplicaGoneError);
      await expect(failed).rejects.toThrow('The replica could not answer');
    }
  });

  it('fail where no replica can answer them', async () => {
    await expect(call(1)).rejects.toThrow('The replica could not answer');
    await expect(a.bus.call('AAAAAAAAAAAAAAAA', NUMBERS, 1)).rejects.toThrow(ReplicaGoneError);
    await expect(a.bus.call(a.bus.replica, NUMBERS, 1)).rejects.toThrow(ReplicaGoneError);
    a.end();
    await expect(call(1)).rejects.toThrow(ReplicaGoneError);
  });

  it('have side messages that arrive in order and before the answer', async () => {
    answer(async (message, incoming) => {
      for (let side = 0; side < message; side += 1) incoming.tell(side);
      return message;
    });
    const heard: number[] = [];
    expect(await call(200, { onMessage: (side: number) => void heard.push(side) })).toBe(200);
    expect(heard).toEqual(Array.from({ length: 200 }, (_, side) => side));
  });

  it('have side messages to which the caller replies', async () => {
    answer(async (message, incoming) => {
      const [one, two] = await Promise.all([incoming.ask(message), incoming.ask(message + 1)]);
      return one + two;
    });
    expect(await call(1, { onMessage: async (side: number) => side * 10 })).toBe(30);
  });

  it('have replies that fail', async () => {
    const failures: unknown[] = [];
    answer(async (message, incoming) => {
      for (let side = 0; side < message; side += 1) failures.push(await incoming.ask(side).catch((error) => error));
      return message;
    });
    const onMessage = (side: number): never => {
      throw side === 0 ? new PickyError('salty') : new Error('a secret');
    };
    await call(2, { onMessage });
    expect(failures).toEqual([new PickyError('salty'), new ReplicaGoneError('The caller could not answer')]);
  });

  it('are not disturbed by a caller that fails to read a side message', async () => {
    answer(async (message, incoming) => {
      incoming.tell(1);
      return message;
    });
    const failing = (): never => nothing('a fault');
    expect(await call(5, { onMessage: failing })).toBe(5);
    expect(await call(5, { onMessage: async () => failing() })).toBe(5);
    expect(await call(5)).toBe(5);
  });

  it('are cancelled at the other replica, too, with the reason', async () => {
    const later = answerLater(b);
    const caller = new AbortController();
    const heard: number[] = [];
    const running = call(1, { signal: caller.signal, onMessage: (side: number) => void heard.push(side) });
    const incoming = await later.arrived;
    const ended = aborted(incoming);
    const reply = incoming.ask(1);
    await eventually('the caller hears', () => heard.length === 1);
    caller.abort(new PickyError('enough'));
    await expect(running).rejects.toBe(caller.signal.reason);
    expect(await ended).toMatchObject({ taste: 'enough' });
    incoming.tell(2);
    later.resolve(7); // late: it reaches no one
    await expect(incoming.ask(3)).rejects.toMatchObject({ taste: 'enough' });
    answer(async (message) => message);
    expect(await call(8)).toBe(8);
    expect(heard).toEqual([1]);
    void reply.catch(() => undefined);
  });

  it('are cancelled without words for a reason that is not of their topic', async () => {
    const later = answerLater(b);
    const caller = new AbortController();
    const running = call(1, { signal: caller.signal });
    const ended = aborted(await later.arrived);
    caller.abort(new Error('a secret'));
    await expect(running).rejects.toThrow('a secret');
    expect(await ended).toEqual(new Error('The caller has cancelled the call'));
  });

  it('are not sent when they are cancelled already', async () => {
    let heard = 0;
    answer(async () => (heard += 1));
    await expect(call(1, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(await call(1)).toBe(1);
  });

  it('end when the called replica ends', async () => {
    const later = answerLater(b);
    const running = call(1);
    const ended = aborted(await later.arrived);
    b.end();
    await expect(running).rejects.toThrow(ReplicaGoneError);
    expect(await ended).toBeInstanceOf(ReplicaGoneError);
  });

  it('are aborted when the replica of the caller ends', async () => {
    const later = answerLater(b);
    const running = call(1);
    const incoming = await later.arrived;
    const [ended, reply] = [aborted(incoming), incoming.ask(1).catch((error: unknown) => error)];
    a.end();
    await expect(running).rejects.toThrow(ReplicaGoneError);
    expect(await ended).toBeInstanceOf(ReplicaGoneError);
    expect(await reply).toBeInstanceOf(ReplicaGoneError);
  });

  it('run beside each other, each with its own messages and answer', async () => {
    answer(async (message, incoming) => {
      await new Promise((resolve) => setTimeout(resolve, (message * 7) % 11));
      incoming.tell(message);
      const reply = await incoming.ask(message);
      if (message % 10 === 0) throw new PickyError(String(message));
      return message + reply;
    });
    const numbers = Array.from({ length: 100 }, (_, number) => number);
    const outcomes = numbers.map(async (number) => {
      const heard: number[] = [];
      const onMessage = (side: number): number => heard.push(side) * 1_000;
      const outcome = await call(number, { onMessage }).catch((error: PickyError) => error.taste);
      return [outcome, ...heard];
    });
    expect(await Promise.all(outcomes)).toEqual(
      numbers.map((number) => [number % 10 === 0 ? String(number) : number + 2_000, number, number]),
    );
  });
});

describe('calls of a single process', () => {
  it('reach no other replica', async () => {
    const bus = new SingleBus();
    bus.onCalled();
    await expect(bus.call()).rejects.toThrow(ReplicaGoneError);
  });
});

function nothing(message: string): never {
  throw new Error(message);
}
