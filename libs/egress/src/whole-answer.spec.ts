import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { testEgress, type TestEgressOptions } from '../testing/src/test-egress.js';
import { TestOrigin } from '../testing/src/test-origin.js';
import type { Egress } from './egress.js';

const MiB = 1024 * 1024;

describe('a request whose answer is read to its end', () => {
  let origin: TestOrigin;
  let handler: (response: ServerResponse, request: IncomingMessage) => void;
  /** Resolves when the client has gone away. */
  let left: Promise<unknown>;
  const open: Egress[] = [];
  const egress = (options: TestEgressOptions = { environment: 'development' }) => {
    const created = testEgress(options);
    open.push(created);
    return created;
  };

  beforeAll(async () => {
    origin = await TestOrigin.start((request, response) => {
      left = once(response, 'close');
      handler(response, request);
    });
  });
  afterEach(() => Promise.all(open.splice(0).map((one) => one.onApplicationShutdown())));
  afterAll(() => origin.stop());

  it('gives status, headers and text', async () => {
    handler = async (response, request) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.writeHead(418, { 'X-Kind': 'teapot', 'set-cookie': ['a', 'b'] });
      response.end(`${request.method} ${request.headers['x-own']} ${Buffer.concat(chunks).toString()}`);
    };
    const answer = await egress().request(origin.url, { method: 'POST', headers: { 'x-own': 'yes' }, body: 'grüße' });
    expect(answer).toMatchObject({ status: 418, text: 'POST yes grüße' });
    expect([answer.headers.get('x-kind'), answer.headers.get('set-cookie')]).toEqual(['teapot', 'a, b']);
  });

  it('puts text together that is cut inside a character', async () => {
    const bytes = Buffer.from('ä€😀'.repeat(1000));
    handler = async (response) => {
      for (let at = 0; at < bytes.length; at += 1001) {
        response.write(bytes.subarray(at, at + 1001));
        await sleep(1);
      }
      response.end();
    };
    expect((await egress().request(origin.url)).text).toBe(bytes.toString());
  });

  it('gives a redirect as it is, and does not go there', async () => {
    handler = (response) => response.writeHead(302, { location: `${origin.url}/elsewhere` }).end();
    const before = origin.requests.length;
    expect((await egress().request(origin.url)).status).toBe(302);
    expect(origin.requests.length).toBe(before + 1);
  });

  it.each(['http://127.0.0.1', 'http://2130706433', 'http://[::ffff:127.0.0.1]'])(
    'never dials %s in production (threat 21)',
    async (host) => {
      const connections = origin.connections;
      await expect(egress({}).request(`${host}:${origin.port}/`)).rejects.toMatchObject({ code: 'address_forbidden' });
      expect(origin.connections).toBe(connections);
    },
  );

  it('takes the configured URLs of the operator as they stand', async () => {
    handler = (response) => response.end('reached');
    expect((await egress({}).request(origin.url, { policy: 'configured' })).text).toBe('reached');
  });

  it('refuses what is no http URL', async () => {
    await expect(egress().request('file:///etc/passwd')).rejects.toMatchObject({ code: 'unsupported_url' });
  });

  it('cuts an answer that is too large, and hangs up', async () => {
    handler = (response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };
    await expect(egress().request(origin.url)).rejects.toMatchObject({ code: 'too_large' });
    await left;
    handler = (response) => response.end(Buffer.alloc(8 * MiB));
    expect((await egress().request(origin.url)).text.length).toBe(8 * MiB);
  });

  it('does not wait longer than it may: for the headers, for the next piece, for the end', async () => {
    const impatient = (limits: TestEgressOptions['limits']) => egress({ environment: 'development', limits });
    handler = () => undefined;
    await expect(impatient({ headersMs: 100 }).request(origin.url)).rejects.toMatchObject({ code: 'timeout' });
    handler = (response) => response.writeHead(200).write('x');
    await expect(impatient({ idleMs: 100 }).request(origin.url)).rejects.toMatchObject({ code: 'timeout' });
    handler = (response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    await expect(impatient({ bodyMs: 200 }).request(origin.url)).rejects.toMatchObject({ code: 'timeout' });
    await left;
  });

  it.each(['before the headers', 'in mid-body'])(
    'ends with the reason of its signal, and hangs up: %s',
    async (when) => {
      const arrived = new Promise<void>((resolve) => {
        handler = (response) => {
          if (when === 'in mid-body') response.writeHead(200).write('x', () => resolve());
          else resolve();
        };
      });
      const controller = new AbortController();
      const reason = new Error('enough');
      const refused = expect(egress().request(origin.url, { signal: controller.signal })).rejects.toBe(reason);
      await arrived;
      controller.abort(reason);
      await refused;
      await left;
    },
  );

  it.each<[string, (response: ServerResponse) => void]>([
    ['before the headers', (response) => response.destroy()],
    [
      'in mid-body',
      (response) => response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy()),
    ],
  ])('says that the connection broke %s', async (_when, fault) => {
    handler = fault;
    await expect(egress().request(origin.url)).rejects.toMatchObject({ code: 'connection_lost' });
  });

  it('says that there is nobody', async () => {
    await expect(egress().request('http://127.0.0.1:9')).rejects.toMatchObject({ code: 'connect_failed' });
  });
});
