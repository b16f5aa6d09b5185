import { call, RawStdio, unaborted } from '../testing/src/raw-stdio.js';
import { openCall, ProviderError, type Progress } from '@manifold/tool-provider';
import { LogRing } from './protocol/log-ring.js';
import type { UpstreamConnection } from './protocol/upstream-connection.js';

const logged = (log: LogRing) => log.lines().map((line) => line.message);

/** Requests over a real child process. */
describe('a connection over stdio', () => {
  const servers = new RawStdio();
  const log = new LogRing();
  let connection: UpstreamConnection;

  beforeAll(async () => {
    connection = await servers.connect('normal', log);
  });
  afterAll(() => servers.close());

  const received = async (method: string) => {
    const messages = JSON.parse(await call(connection, 'received')) as {
      method: string;
      params?: Record<string, unknown>;
    }[];
    return messages.filter((message) => message.method === method);
  };

  it('introduces itself and keeps what the server answers', async () => {
    expect(connection.initializeResult).toMatchObject({ serverInfo: { name: 'raw' }, novel: 'kept' });
    expect(await received('initialize')).toMatchObject([
      {
        jsonrpc: '2.0',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'manifold', version: expect.any(String) },
        },
      },
    ]);
    expect(await received('notifications/initialized')).toHaveLength(1);
  });

  it('knows the process', async () => expect(await call(connection, 'pid')).toBe(String(connection.pid)));

  it('gives each of 200 parallel calls its own answer, in whatever order they come', async () => {
    const indexes = Array.from({ length: 200 }, (_, index) => index);
    const answers = await Promise.all(
      indexes.map((index) => call(connection, 'shuffle', { args: { index, of: 200 } })),
    );
    expect(answers.map((answer) => (JSON.parse(answer) as { index: number }).index)).toEqual(indexes);
  });

  it('passes unknown fields in both directions', async () => {
    const params = { name: 'params', arguments: { a: 1 }, _meta: { 'example.com/trace': [1] }, future: { x: null } };
    const result = await connection.request('tools/call', params, { signal: unaborted() });
    expect(JSON.parse((result.content as { text: string }[])[0].text)).toEqual(params);
    expect(await connection.request('tools/call', { name: 'unknown' }, { signal: unaborted() })).toEqual({
      content: [{ type: 'text', text: 'x' }],
      newField: { deep: [1] },
      _meta: { 'example.com/a': null },
      isError: false,
    });
  });

  it('passes an error of the server as it came', async () => {
    await expect(call(connection, 'fail')).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'upstream_rejected',
      rpcError: { code: -32042, message: 'No such thing', data: { hint: [1, 2] } },
    });
  });

  it('rejects an answer that is no result', async () => {
    await expect(call(connection, 'malformed')).rejects.toMatchObject({
      code: 'upstream_rejected',
      rpcError: undefined,
    });
  });

  it('takes batches apart', async () => expect(await call(connection, 'batch')).toBe('batched'));

  it('reads characters that are cut into bytes', async () => expect(await call(connection, 'bytes')).toBe('€ 🚀'));

  it('ignores what is no message of the protocol, with a log line for each', async () => {
    expect(await call(connection, 'noise')).toBe('still here');
    expect(logged(log)).toEqual(
      expect.arrayContaining([
        'Listening on stdio!',
        '{"broken": ',
        'Ignored: a response to no open request',
        'Ignored: malformed progress',
      ]),
    );
  });

  it('takes lines of a log for its log, also in JSON with the members of a message, and answers none of them', async () => {
    expect(await call(connection, 'logs')).toBe('[]');
    const lines = logged(log);
    for (const words of ['listening', 'request completed', '/status', 'cache miss', 'a list'])
      expect(lines.filter((line) => line.includes(words))).toHaveLength(1);
  });

  it('takes the number of a request as text', async () => expect(await call(connection, 'text-id')).toBe('taken'));

  it('reports progress to whoever asked, without the token', async () => {
    const progress: Progress[] = [];
    const onProgress = (one: Progress) => progress.push(one);
    const params = { name: 'progress', _meta: { progressToken: 'of the caller', 'example.com/a': 1 } };
    await connection.request('tools/call', params, { signal: unaborted(), onProgress });
    expect(progress).toEqual([1, 2, 3].map((value) => ({ progress: value, total: 3, x: 'kept' })));
    const sent = (await received('tools/call')).at(-2) as unknown as { id: number; params: Record<string, unknown> };
    expect(sent.params._meta).toEqual({ progressToken: sent.id, 'example.com/a': 1 });
  });

  it('never passes the token of a caller on, which could be that of another call', async () => {
    const params = { name: 'params', _meta: { progressToken: 1, 'example.com/a': 1 } };
    const result = await connection.request('tools/call', params, { signal: unaborted() });
    const sent = JSON.parse((result.content as { text: string }[])[0].text) as { _meta: unknown };
    expect(sent._meta).toEqual({ 'example.com/a': 1 });
    expect(params._meta.progressToken).toBe(1);
  });

  it('answers ping, and tells the server that there is nobody to ask', async () => {
    expect(JSON.parse(await call(connection, 'ask', { args: { method: 'ping' } }))).toEqual({ result: {} });
    expect(JSON.parse(await call(connection, 'ask', { args: { method: 'sampling/createMessage' } }))).toEqual({
      error: { code: -32601, message: 'No running call has a client that accepts requests' },
    });
  });

  it('says that the tools have changed', async () => {
    const changed = new Promise<void>((resolve) => connection.onToolsChanged(resolve));
    await call(connection, 'changed');
    await changed;
  });

  it('tells the server about a cancelled call, and drops what it still says about it', async () => {
    const progress: Progress[] = [];
    const reason = new ProviderError('cancelled', 'The call was cancelled');
    const aborting = new AbortController();
    const options = { signal: aborting.signal, onProgress: (one: Progress) => progress.push(one) };
    const late = connection.request('tools/call', { name: 'late' }, options);
    await call(connection, 'echo', { args: {} });
    aborting.abort(reason);
    await expect(late).rejects.toBe(reason);

    const [cancelled] = await received('notifications/cancelled');
    expect(cancelled.params).toEqual({ requestId: expect.any(Number), reason: 'The call was cancelled' });
    expect(progress).toEqual([]);
    expect(logged(log)).toContain('Ignored: a response to no open request');
  });

  it('sends nothing for a call that was cancelled before', async () => {
    const before = (await received('tools/call')).length;
    await expect(call(connection, 'never', { signal: AbortSignal.abort('why not') })).rejects.toMatchObject({
      name: 'ProviderError',
      code: 'cancelled',
    });
    expect(await received('tools/call')).toHaveLength(before + 1);
  });

  it('ends a call to a server that hangs at its deadline, and the server is good again when it wakes', async () => {
    const pid = connection.pid as number;
    process.kill(pid, 'SIGSTOP');
    const principal = { key: '', tenant: '', issuer: '', subject: '', roles: [], method: 'development' } as const;
    const limited = openCall({ principal, requestId: 'request-1', timeoutMs: 100 });
    await expect(call(connection, 'echo', { args: 1, signal: limited.context.signal })).rejects.toMatchObject({
      code: 'timeout',
    });
    limited.close();
    process.kill(pid, 'SIGCONT');
    expect(await call(connection, 'echo', { args: 2 })).toBe('2');
  });

  it('leaves no listener on the signals of its calls', async () => {
    const aborting = new AbortController();
    const removed = jest.spyOn(aborting.signal, 'removeEventListener');
    await call(connection, 'echo', { args: {}, signal: aborting.signal });
    expect(removed).toHaveBeenCalledTimes(1);
  });

  it('refuses more than 16 MiB that the server does not read', async () => {
    const stuck = await servers.connect();
    process.kill(stuck.pid as number, 'SIGSTOP');
    const args = 'x'.repeat(4 * 1024 * 1024);
    const calls = Array.from({ length: 8 }, () => call(stuck, 'echo', { args }));
    const settled = Promise.allSettled(calls);
    await expect(calls[7]).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('is not reading'),
    });
    process.kill(stuck.pid as number, 'SIGCONT');
    const statuses = (await settled).map((one) => one.status);
    expect(statuses.slice(0, 4)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(statuses).toContain('rejected');
  });
});
