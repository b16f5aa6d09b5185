import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import Fastify from 'fastify';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';
import { stalled } from '../../testing/src/stalled-reader.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { callTool } from '../../testing/src/mcp-wire.js';
import { EventStream } from './event-stream.js';
import { TransportStatus } from '../endpoints/transport-status.js';

describe('a reader that stalls', () => {
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport();
  });
  afterAll(() => app.discard());

  it('is cut off while others are served, and its call goes on', async () => {
    const program = join(import.meta.dirname, '../../testing/src/stalled-reader.measure.ts');
    const { bytes } = await figuresOf<'bytes'>(program);
    // Bytes of heap and buffers. 20,000 messages of 16 KB are over 300 MB: what was not read was not kept.
    expect(bytes).toBeLessThan(100 * 1024 * 1024);
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
