import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { testEgress } from '../testing/src/test-egress.js';
import { TestOrigin } from '../testing/src/test-origin.js';

describe('redirects of outgoing requests', () => {
  const egress = testEgress({ environment: 'development' });
  let origin: TestOrigin;
  let canary: TestOrigin;
  let handler: (request: IncomingMessage, response: ServerResponse) => void;

  const report = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, headers } = request;
    response.end(
      JSON.stringify({ method, type: headers['content-type'], key: headers['x-api-key'], body: await text(request) }),
    );
  };
  const redirectTo = (status: number, location: string) => (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/target') return void report(request, response);
    response.writeHead(status, { location }).end('moved');
  };
  const post = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json', 'x-api-key': 'k' } };

  beforeAll(async () => {
    origin = await TestOrigin.start((request, response) => handler(request, response));
    canary = await TestOrigin.start((_request, response) => response.end('caught'));
  });
  beforeEach(() => (origin.requests.length = 0));
  afterAll(async () => {
    await egress.onApplicationShutdown();
    await Promise.all([origin.stop(), canary.stop()]);
  });

  it.each([301, 302, 303, 307, 308])(
    'a %i to another origin is refused, and nothing reaches that origin',
    async (status) => {
      for (const target of [
        canary.url,
        `//127.0.0.1:${canary.port}/`,
        `https://127.0.0.1:${origin.port}/`,
        'file:///etc/passwd',
        'http://[',
      ]) {
        handler = redirectTo(status, target);
        await expect(egress.fetch(`${origin.url}/path`, post)).rejects.toMatchObject({ code: 'redirect_forbidden' });
      }
      handler = redirectTo(status, `http://user:secret@127.0.0.1:${origin.port}/target`);
      const refused = egress.fetch(`${origin.url}/path`);
      await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
      expect(canary.connections).toBe(0);
    },
  );

  it.each([307, 308])('a %i inside the origin keeps method, body and headers', async (status) => {
    handler = redirectTo(status, '/target');
    const response = await egress.fetch(`${origin.url}/path`, post);
    expect(await response.json()).toEqual({ method: 'POST', type: 'application/json', key: 'k', body: '{"a":1}' });
    expect(response.url).toBe(`${origin.url}/target`);
  });

  it.each([301, 302, 303])('a %i inside the origin turns a POST into a GET without the body', async (status) => {
    handler = redirectTo(status, './target');
    const response = await egress.fetch(`${origin.url}/path`, post);
    expect(await response.json()).toEqual({ method: 'GET', key: 'k', body: '' });
  });

  it('keeps a DELETE on 302, and turns it into a GET on 303', async () => {
    handler = redirectTo(302, '/target');
    expect(await (await egress.fetch(origin.url, { method: 'DELETE' })).json()).toMatchObject({ method: 'DELETE' });
    handler = redirectTo(303, '/target');
    expect(await (await egress.fetch(origin.url, { method: 'DELETE' })).json()).toMatchObject({ method: 'GET' });
  });

  it('follows five redirects and not a sixth', async () => {
    handler = (request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) return void response.end('arrived');
      response.writeHead(302, { location: `/${left - 1}` }).end();
    };
    expect(await (await egress.fetch(`${origin.url}/5`)).text()).toBe('arrived');
    await expect(egress.fetch(`${origin.url}/6`)).rejects.toMatchObject({ code: 'redirect_forbidden' });
    expect(origin.requests).toHaveLength(6 + 6);
  });

  it('does not send a stream a second time', async () => {
    handler = redirectTo(307, '/target');
    const body = new Blob(['once']).stream();
    const stream = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const request = egress.fetch(origin.url, stream);
    await expect(request).rejects.toMatchObject({ code: 'redirect_forbidden' });
  });

  it('hands a redirect back to a caller who wants to see it', async () => {
    handler = redirectTo(302, canary.url);
    const response = await egress.fetch(origin.url, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, canary.url]);
    await expect(egress.fetch(origin.url, { redirect: 'error' })).rejects.toMatchObject({ code: 'redirect_forbidden' });
    expect(canary.connections).toBe(0);
  });
});
