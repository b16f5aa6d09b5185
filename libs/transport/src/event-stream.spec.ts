import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Fastify from 'fastify';
import { stalled } from '../testing/src/stalled-reader.js';
import { startTransport, type TransportApp } from '../testing/src/transport-app.js';
import { callTool, openSession, request, send } from '../testing/src/mcp-wire.js';
import { EventStream } from './event-stream.js';
import { TransportStatus } from './transport-status.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are not garbage. */
function kept(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a reader that stalls', () => {
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport();
  });
  afterAll(() => app.discard());

  it('is cut off while others are served, and its call goes on', async () => {
    const session = await openSession(app.url);
    const before = kept();
    const socket = await stalled(app, session, '/mcp', callTool(1, 'flood', { bytes: 16_384 }, 'token'));
    const status = app.get(TransportStatus);
    const served: number[] = [];
    do served.push((await send(app.url, request(2, 'ping'), { session })).status);
    while (status.streams > 0 || status.callsInFlight > 0);
    expect(new Set(served)).toEqual(new Set([200]));
    // 20,000 messages of 16 KB are over 300 MB: what was not read was not kept.
    expect(kept() - before).toBeLessThan(100 * 1024 * 1024);
    socket.destroy();
  });

  it('loses its HTTP+SSE session, and with it the call', async () => {
    const socket = await stalled(app, '', '/sse');
    const [first] = (await once(socket.resume(), 'data')) as [Buffer];
    const endpoint = /data: (\S+)/.exec(first.toString())?.[1] ?? String(await nextEndpoint(socket));
    socket.pause();
    const aborted = once(app.provider.events, 'aborted');
    const response = await fetch(`${app.url}${endpoint}`, {
      method: 'POST',
      headers: { authorization: 'Bearer alice', 'content-type': 'application/json' },
      body: JSON.stringify(callTool(1, 'flood', { bytes: 16_384 }, 'token')),
    });
    expect(response.status).toBe(202);
    await aborted;
    expect(app.get(TransportStatus).streams).toBe(0);
    socket.destroy();
  });
});

async function nextEndpoint(socket: Socket): Promise<string | undefined> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return /data: (\S+)/.exec(chunk.toString())?.[1];
}

describe('a client that leaves while its request is checked', () => {
  it('leaves no stream behind', async () => {
    const fastify = Fastify({ forceCloseConnections: true });
    const closed = new Promise<EventStream>((resolve) => {
      fastify.get('/', async (_request, reply) => {
        await once(reply.raw, 'close');
        const stream: EventStream = new EventStream(reply, { keepAliveMs: 1, onClose: () => resolve(stream) });
      });
    });
    const url = await fastify.listen({ port: 0, host: '127.0.0.1' });
    const controller = new AbortController();
    const received = new Promise((resolve) => fastify.server.once('request', resolve));
    const pending = fetch(url, { signal: controller.signal }).catch(() => undefined);
    await received;
    controller.abort();
    await pending;
    const stream = await closed;
    expect(stream.isOpen).toBe(false);
    stream.send('{}');
    await stream.whenClosed();
    await fastify.close();
  });
});
