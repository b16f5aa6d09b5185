import { once } from 'node:events';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { callTool, events, messages, openSession, request, send } from '../../testing/src/mcp-wire.js';
import { EventStreams } from './event-streams.js';
import { TransportStatus } from '../endpoints/transport-status.js';

describe('the answer to a POST', () => {
  let app: TransportApp;
  let session: string;

  beforeAll(async () => {
    app = await startTransport();
    session = await openSession(app.url);
  });
  afterAll(() => app.discard());

  const cancel = (requestId: unknown, asked = session) =>
    send(app.url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }, { session: asked });

  it.each([['token'], [0]])('becomes a stream with the first progress, in order, with the token %p', async (token) => {
    const response = await send(app.url, callTool(1, 'steps', { count: 50 }, token), { session });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const all = await messages(response);
    const progress = all.slice(0, -1).map((message) => message.params);
    const expected = Array.from({ length: 50 }, (_, step) => ({
      progress: step + 1,
      'x-unknown': step + 1,
      progressToken: token,
    }));
    expect(progress).toEqual(expected);
    expect(all.at(-1)).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
  });

  it('is JSON where the client asked for no progress', async () => {
    const response = await send(app.url, callTool(1, 'steps', { count: 5 }), { session });
    expect(response.headers.get('content-type')).toBe('application/json');
  });

  it('becomes a stream with keep-alives when the result takes long', async () => {
    const held = app.provider.nextHeld();
    const pending = send(app.url, callTool(1, 'hold'), { session });
    await held;
    const streams = app.get(EventStreams);
    streams.tick(performance.now() + 9_000, Date.now());
    expect(streams.size).toBe(0);
    streams.tick(performance.now() + 11_000, Date.now());
    const response = await pending;
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    streams.tick(performance.now() + 16_000, Date.now());
    app.provider.release();
    const text = await response.text();
    expect(text).toContain(': keep-alive\n\n');
    expect(text).toMatch(/event: message\ndata: \{.*"released".*\}\n\n$/);
  });

  it('is empty when the client cancels the request, and the provider stops', async () => {
    const held = app.provider.nextHeld();
    const pending = send(app.url, callTool('c', 'hold'), { session });
    await held;
    const aborted = once(app.provider.events, 'aborted');
    expect((await cancel('c')).status).toBe(202);
    await aborted;
    const response = await pending;
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
  });

  it('ends without a result when the client cancels a request with progress', async () => {
    const response = await send(app.url, callTool(1, 'hold', {}, 'token'), { session });
    await cancel(1);
    expect(await messages(response)).toMatchObject([{ method: 'notifications/progress' }]);
  });

  it('leaves out the cancelled request of a batch', async () => {
    const old = await openSession(app.url, 'alice', '2025-03-26');
    const held = app.provider.nextHeld();
    const pending = send(app.url, [callTool(1, 'hold'), request(2, 'ping')], { session: old });
    await held;
    await cancel(1, old);
    expect(await (await pending).json()).toEqual([{ jsonrpc: '2.0', id: 2, result: {} }]);
  });

  it('cannot be cancelled from another session, nor by an id of another type', async () => {
    const other = await openSession(app.url);
    const held = app.provider.nextHeld();
    const pending = send(app.url, callTool(1, 'hold'), { session });
    await held;
    await cancel(1, other);
    await cancel('1');
    app.provider.release();
    expect(await (await pending).json()).toMatchObject({ id: 1, result: { content: [{ text: 'released' }] } });
  });

  it('is not given up when the client disconnects', async () => {
    const held = app.provider.nextHeld();
    const controller = new AbortController();
    const pending = send(app.url, callTool(1, 'hold'), { session, signal: controller.signal });
    await held;
    const aborted = jest.fn();
    app.provider.events.once('aborted', aborted);
    controller.abort();
    await expect(pending).rejects.toThrow();
    const status = app.get(TransportStatus);
    await (await send(app.url, request(2, 'ping'), { session })).text();
    expect(status.callsInFlight).toBe(1);
    expect(aborted).not.toHaveBeenCalled();
    app.provider.release();
    await (await send(app.url, request(3, 'ping'), { session })).text();
    expect(status.callsInFlight).toBe(0);
  });

  it('passes a result of several megabytes on a stream', async () => {
    const held = app.provider.nextHeld();
    const old = await openSession(app.url, 'alice', '2025-03-26');
    const pending = send(app.url, [callTool(1, 'hold', {}, 'token'), callTool(2, 'blob', { bytes: 3_000_000 })], {
      session: old,
    });
    await held;
    app.provider.release();
    const lengths: number[] = [];
    for await (const { data } of events(await pending)) lengths.push(data.length);
    expect(lengths).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    expect(lengths[2]).toBeGreaterThan(3_000_000);
  });
});
