import { once } from 'node:events';
import { openCall, type CallContext } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { withTimeLimit } from './time-limit.js';

const open = () => openCall({ principal: fixturePrincipal('alice'), requestId: 'limit-spec', timeoutMs: 20_000 });

/** Ends when its signal does, with the signal's reason. */
const waiting = async ({ signal }: CallContext): Promise<never> => {
  await once(signal, 'abort');
  throw signal.reason;
};

describe('a part of a call with less time than the whole', () => {
  it('ends with timeout, and the whole goes on', async () => {
    const call = open();
    await expect(withTimeLimit(call.context, 10, waiting)).rejects.toMatchObject({ code: 'timeout' });
    expect(call.context.signal.aborted).toBe(false);
    call.close();
  });

  it('ends with the whole, for its reason', async () => {
    const call = open();
    const part = withTimeLimit(call.context, 20_000, waiting);
    call.cancel();
    await expect(part).rejects.toMatchObject({ code: 'cancelled' });
    call.close();
  });

  it('gets everything else of the call', async () => {
    const call = open();
    await expect(withTimeLimit(call.context, 20_000, (limited) => Promise.resolve(limited))).resolves.toMatchObject({
      principal: call.context.principal,
      requestId: 'limit-spec',
    });
    call.close();
  });
});
