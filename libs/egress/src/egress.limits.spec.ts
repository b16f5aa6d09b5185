import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { figuresOf } from '../../../test/support/measuring/figures-of.js';
import { testEgress, type TestEgressOptions } from '../testing/src/test-egress.js';
import { TestOrigin } from '../testing/src/test-origin.js';
import type { Egress } from './egress.js';

const MiB = 1024 * 1024;

describe('the limits of outgoing requests', () => {
  let origin: TestOrigin;
  let handler: (response: ServerResponse) => void;
  const open: Egress[] = [];
  const egress = (limits: TestEgressOptions['limits'] = {}) => {
    const created = testEgress({ environment: 'development', limits });
    open.push(created);
    return created;
  };
  /** Resolves when the client has gone away. */
  let left: Promise<unknown>;

  beforeAll(async () => {
    origin = await TestOrigin.start((_request, response) => {
      left = once(response, 'close');
      handler(response);
    });
  });
  afterEach(() => Promise.all(open.splice(0).map((one) => one.onApplicationShutdown())));
  afterAll(() => origin.stop());

  const endless = (response: ServerResponse, chunk: string | Buffer) => {
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  };

  it('refuses an answer that announces more than 8 MiB without reading it', async () => {
    handler = (response) => response.writeHead(200, { 'content-length': 8 * MiB + 1 }).write('x');
    await expect(egress().fetch(origin.url)).rejects.toMatchObject({ code: 'too_large' });
    await left;
  });

  it('takes an answer of exactly 8 MiB', async () => {
    handler = (response) => response.end(Buffer.alloc(8 * MiB));
    expect((await (await egress().fetch(origin.url)).arrayBuffer()).byteLength).toBe(8 * MiB);
  });

  it('cuts an endless answer and hangs up', async () => {
    handler = (response) => endless(response, Buffer.alloc(64 * 1024));
    const response = await egress().fetch(origin.url);
    await expect(response.text()).rejects.toMatchObject({ code: 'too_large' });
    await left;
  });

  it('counts a gzip bomb as it unfolds', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MiB));
    handler = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    await expect((await egress().fetch(origin.url)).text()).rejects.toMatchObject({ code: 'too_large' });
  });

  it('does not keep what a gzip bomb unfolds to', async () => {
    const { bytes } = await figuresOf<'bytes'>(join(import.meta.dirname, '../testing/src/gzip-bomb.measure.ts'));
    // Bytes of buffers. 8 MiB are read before it is refused, some of them twice (chunks and what they are joined to); all of it is 64.
    expect(bytes).toBeLessThan(32 * MiB);
  });

  it('lets an event stream go on for ever, but no single event', async () => {
    const event = `data: ${'x'.repeat(MiB)}\r\n\r\n`;
    handler = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      for (let sent = 0; sent < 12; sent += 1) response.write(event);
      endless(response, `data: ${'y'.repeat(64 * 1024)}\n`);
    };
    const response = await egress().fetch(origin.url);
    let read = 0;
    const reading = (async () => {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) read += chunk.byteLength;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'too_large' });
    expect(read).toBeGreaterThan(19 * MiB);
    expect(read).toBeLessThan(22 * MiB);
    await left;
  });

  it('gives up on a body that stalls', async () => {
    handler = (response) => response.write('a start');
    const response = await egress({ idleMs: 50 }).fetch(origin.url);
    await expect(response.text()).rejects.toMatchObject({ code: 'timeout' });
    await left;
  });

  it('gives up on a body that drips', async () => {
    handler = (response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
      response.write('.');
    };
    const response = await egress({ idleMs: 5000, bodyMs: 100 }).fetch(origin.url);
    await expect(response.text()).rejects.toMatchObject({ code: 'timeout' });
    await left;
  });

  it('lets an event stream be silent', async () => {
    handler = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
      setTimeout(() => response.end('data: late\n\n'), 300);
    };
    const response = await egress({ idleMs: 50, bodyMs: 50 }).fetch(origin.url);
    expect(await response.text()).toBe(': hello\n\ndata: late\n\n');
  });

  it('waits for headers only so long, unless the caller has a deadline of its own', async () => {
    handler = (response) => setTimeout(() => response.end('late'), 1500);
    const client = egress({ headersMs: 100 });
    await expect(client.fetch(`${origin.url}/secret`)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.not.stringContaining('secret'),
    });
    expect(await (await client.fetch(origin.url, { longPoll: true })).text()).toBe('late');
  });

  it('rejects with the reason of the signal, and the socket is closed', async () => {
    const reason = new Error('enough');
    const aborting = new AbortController();
    handler = () => aborting.abort(reason);
    await expect(egress().fetch(origin.url, { signal: aborting.signal })).rejects.toBe(reason);
    await left;
  });

  it('stops a body in the middle when the signal aborts', async () => {
    const reason = new Error('enough');
    const aborting = new AbortController();
    handler = (response) => response.write('a start');
    const response = await egress().fetch(origin.url, { signal: aborting.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const next = reader.read();
    aborting.abort(reason);
    await expect(next).rejects.toBe(reason);
    await left;
  });

  it('hangs up when the reader loses interest', async () => {
    handler = (response) => endless(response, Buffer.alloc(1024));
    await (await egress().fetch(origin.url)).body?.cancel();
    await left;
  });

  it('tells a connection that never stood from one that broke', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret`;
    await expect(egress().fetch(url)).rejects.toMatchObject({ code: 'connection_lost' });
    server.close();
    await once(server, 'close');
    await expect(egress().fetch(url)).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.stringMatching(/^Cannot connect to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/),
    });
    await expect(egress().fetch('http://no-such-host.invalid/')).rejects.toMatchObject({ code: 'connect_failed' });
  });

  it('reports an answer that breaks off', async () => {
    handler = (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('a start');
      setTimeout(() => response.destroy(), 20);
    };
    const response = await egress().fetch(origin.url);
    await expect(response.text()).rejects.toMatchObject({ code: 'connection_lost' });
  });

  it('hands on status, headers and answers without a body', async () => {
    handler = (response) => response.writeHead(204, { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] }).end();
    const response = await egress().fetch(origin.url);
    expect([response.status, response.ok, response.body]).toEqual([204, true, null]);
    handler = (response) => response.writeHead(418, { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] }).end('short');
    const other = await egress().fetch(origin.url);
    expect([other.status, other.headers.get('x-one'), other.headers.getSetCookie()]).toEqual([
      418,
      '1',
      ['a=1', 'b=2'],
    ]);
  });
});
