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
import { ReplicaGoneError } from '../replica-gone-error.js';
import type { CallEnvelope } from './call-envelope.js';

describe.each(NETWORKS)('calls of which a message is lost %s', (_where, start) => {
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

  /** Loses the first message of a kind that one of the replicas sends. */
  const loseOne = (kind: CallEnvelope['kind']): void => {
    let isLost = false;
    const losing = (envelope: CallEnvelope): boolean => {
      if (isLost || envelope.kind !== kind) return false;
      isLost = true;
      return true;
    };
    for (const member of [a, b]) member.lose(losing);
  };

  it.each([
    ['message', 'ask', 1],
    ['answer', 'answer', 1],
    ['error', 'failed', -1],
  ] as const)('fail when their %s is lost', async (_what, kind, message) => {
    loseOne(kind);
    answer(async (number) => (number > 0 ? number : Promise.reject(new PickyError('bitter'))));
    const failed = call(message);
    await expect(failed).rejects.toThrow(ReplicaGoneError);
    await expect(failed).rejects.toThrow('The replica could not answer');
  });

  it.each(['side', 'reply'] as const)('end at both replicas when a %s message is lost', async (kind) => {
    loseOne(kind);
    const later = answerLater(b);
    const running = call(1, { onMessage: (side: number) => side });
    const incoming = await later.arrived;
    const [ended, reply] = [aborted(incoming), incoming.ask(1).catch((error: unknown) => error)];
    await expect(running).rejects.toThrow(ReplicaGoneError);
    expect(await ended).toBeInstanceOf(Error);
    expect(await reply).toBeInstanceOf(Error);
  });

  it('end at the called replica when their cancellation is lost', async () => {
    loseOne('cancel');
    const later = answerLater(b);
    const caller = new AbortController();
    const running = call(1, { signal: caller.signal });
    const ended = aborted(await later.arrived);
    caller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(await ended).toEqual(new Error('The caller has cancelled the call'));
  });

  it('do not wait for a lost message when their answer is there', async () => {
    b.lose((envelope) => envelope.kind === 'side');
    answer(async (message, incoming) => {
      incoming.tell(1);
      return message;
    });
    expect(await call(3, { onMessage: () => Promise.reject(new Error('it was lost')) })).toBe(3);
  });
});
