import type { KeptLease } from '@manifold/leases';
import { JsonRpcConnection } from '../upstream/json-rpc-connection.js';
import { LogRing, type UpstreamConnection } from '../upstream/index.js';
import { ServedLine } from './served-line.js';

describe('ServedLine, when its server crashes in the middle of a request', () => {
  let giveBack: () => void;
  let rpc: JsonRpcConnection;
  let line: ServedLine;

  beforeEach(() => {
    const released = new Promise<void>((resolve) => (giveBack = resolve));
    const lease: KeptLease = { lost: new AbortController().signal, release: () => released };
    rpc = new JsonRpcConnection(new LogRing());
    rpc.start({ send: () => undefined, close: () => Promise.resolve() });
    line = new ServedLine(Object.assign(rpc, { tellsApart: {} }) as unknown as UpstreamConnection, lease);
  });

  it('says so when its lease is given back and its end is known, and no earlier', async () => {
    const events: string[] = [];
    line.onClosed(() => events.push('closed'));
    const asked = line.request('tools/call', {}, { signal: new AbortController().signal });
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
    const asked = line.request('tools/call', {}, { signal: caller.signal });
    rpc.lost('The server exited with code 1');
    caller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});
