import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { callTool, events, initialize, openSession, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { Drain } from './drain.js';
import { TransportStatus } from './transport-status.js';

/** The event without a message that begins a stream, and when to come back at its end. */
const LEFT = /^id: \S+\nretry: \d+\ndata: \n\nretry: (\d+)\n\n$/;

describe('shutting down', () => {
  let app: TransportApp;

  beforeEach(async () => {
    app = await startTransport();
  });
  afterEach(() => app.discard());

  it('answers the calls in flight, takes no new session, and then ends the streams', async () => {
    const session = await openSession(app.url);
    const stream = await withoutBody(app.url, 'GET', { session });
    const held = app.provider.nextHeld();
    const pending = send(app.url, callTool(1, 'hold'), { session });
    await held;

    const drained = app.get(Drain).beforeApplicationShutdown();
    expect((await send(app.url, initialize())).status).toBe(503);
    expect(app.get(TransportStatus)).toMatchObject({ sessions: 1, streams: 1, callsInFlight: 1 });
    app.provider.release();
    await drained;
    expect(await (await pending).json()).toMatchObject({ id: 1, result: { content: [{ text: 'released' }] } });
    expect(await stream.text()).toMatch(LEFT);
    expect(app.get(TransportStatus)).toMatchObject({ callsInFlight: 0 });
  });

  it('lets the last answer reach a client of HTTP+SSE', async () => {
    const authorization = 'Bearer alice';
    const stream = events(await fetch(`${app.url}/sse`, { headers: { authorization, accept: 'text/event-stream' } }));
    const { data: endpoint } = (await stream.next()).value!;
    const held = app.provider.nextHeld();
    await fetch(`${app.url}${endpoint}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(callTool(1, 'hold')),
    });
    await held;

    const drained = app.get(Drain).beforeApplicationShutdown();
    app.provider.release();
    await drained;
    const { data } = (await stream.next()).value!;
    expect(JSON.parse(data)).toMatchObject({ id: 1, result: { content: [{ text: 'released' }] } });
    expect((await stream.next()).done).toBe(true);
  });

  it('sends those who listen away for different times, so that they do not come back all at once', async () => {
    const listening = Array.from({ length: 10 }, async () =>
      withoutBody(app.url, 'GET', { session: await openSession(app.url) }),
    );
    const streams = await Promise.all(listening);
    await app.get(Drain).beforeApplicationShutdown();
    const texts = await Promise.all(streams.map((stream) => stream.text()));
    const waits = texts.map((text) => Number(LEFT.exec(text)?.[1]));
    for (const wait of waits) expect(wait >= 500 && wait <= 3_000).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(3);
  });

  it('ends with open streams, and leaves the sessions to the next start', async () => {
    const session = await openSession(app.url);
    const stream = await withoutBody(app.url, 'GET', { session });
    const { dataDir } = app;
    await app.stop();
    expect(await stream.text()).toMatch(LEFT);
    app = await startTransport({ dataDir });
    expect((await send(app.url, callTool(1, 'whoami'), { session })).status).toBe(200);
  });
});
