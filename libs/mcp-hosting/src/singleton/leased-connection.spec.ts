import type { KeptLease } from '@manifold/bus';
import { JsonRpcConnection, LogRing, type UpstreamConnection } from '@manifold/mcp-client';
import { LeasedConnection } from './leased-connection.js';

describe('LeasedConnection, when its server crashes in the middle of a request', () => {
  let giveBack: () => void;
  let rpc: JsonRpcConnection;
  let connection: LeasedConnection;

  beforeEach(() => {
    const released = new Promise<void>((resolve) => (giveBack = resolve));
    const lease: KeptLease = { lost: new AbortController().signal, release: () => released };
    rpc = new JsonRpcConnection(new LogRing());
    rpc.start({ send: () => undefined, close: () => Promise.resolve() });
    connection = new LeasedConnection(Object.assign(rpc, { correlates: {} }) as unknown as UpstreamConnection, lease);
  });

  it('says so when its lease is given back and its end is known, and no earlier', async () => {
    const events: string[] = [];
    connection.onClosed(() => events.push('closed'));
    const asked = connection.request('tools/call', {}, { signal: new AbortController().signal });
    const said = asked.catch(() => events.push('failed'));
    rpc.lost('The server exited with code 1');
    await new Promise(setImmediate);
    expect(events).toEqual([]);
    giveBack();
    await said;
    expect(events).toEqual(['closed', 'failed']);
  });

  it('lets the caller give up while the lease cannot be given back', async () => {
    const caller = new AbortController();
    const asked = connection.request('tools/call', {}, { signal: caller.signal });
    rpc.lost('The server exited with code 1');
    caller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});
