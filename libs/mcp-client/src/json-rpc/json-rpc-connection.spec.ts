import { JsonRpcConnection } from './json-rpc-connection.js';
import { LogRing } from '../protocol/log-ring.js';
import { NotSentError } from '../protocol/not-sent-error.js';
import type { OutgoingMessage } from '../protocol/transport.js';

/** Cases that a process or an HTTP server cannot show. The rest is in connect-stdio.spec.ts and connect-http.spec.ts. */
describe('JsonRpcConnection', () => {
  it('cancels requests at the server, but never initialize', async () => {
    const sent: OutgoingMessage[] = [];
    const rpc = new JsonRpcConnection(new LogRing());
    rpc.start({ send: (message) => void sent.push(message), close: () => Promise.resolve() });
    const aborting = new AbortController();
    const { signal } = aborting;
    const requests = ['initialize', 'tools/list'].map((method) => rpc.request(method, {}, { signal }));
    aborting.abort(new Error('enough'));
    await Promise.allSettled(requests);
    expect(sent.slice(2)).toEqual([
      {
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: 2, reason: 'The request was cancelled' },
      },
    ]);
  });

  it('answers nothing before it has a transport', async () => {
    const { signal } = new AbortController();
    const rpc = new JsonRpcConnection(new LogRing());
    await expect(rpc.request('ping', {}, { signal })).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('tells the reason of its end also to those who ask afterwards', async () => {
    const rpc = new JsonRpcConnection(new LogRing());
    rpc.lost('The server exited with code 1', 'last words');
    expect(await new Promise((resolve) => rpc.onClosed(resolve))).toBe('The server exited with code 1: last words');
  });

  it('says of a request whether the server may have heard of it before the end', async () => {
    const { signal } = new AbortController();
    const rpc = new JsonRpcConnection(new LogRing());
    rpc.start({ send: () => undefined, close: () => Promise.resolve() });
    const heard = rpc.request('tools/call', {}, { signal });
    rpc.lost('The server exited with code 1');
    await expect(heard).rejects.not.toBeInstanceOf(NotSentError);
    await expect(rpc.request('tools/call', {}, { signal })).rejects.toBeInstanceOf(NotSentError);
  });
});
