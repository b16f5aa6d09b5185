import type { IncomingMessage, ServerResponse } from 'node:http';
import { openCall } from '../call-context.js';
import { ProviderError } from '../provider-error.js';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { testEgress } from '../../../egress/testing/src/test-egress.js';
import { TestOrigin } from '../../../egress/testing/src/test-origin.js';
import { BackendApi, type ApiCall } from './backend-api.js';

const TOKEN = 'token-of-alice-0123456789';

describe('the API of a backend', () => {
  let origin: TestOrigin;
  let handler: (response: ServerResponse, request: IncomingMessage) => void;
  const egress = testEgress(); // production: only what the operator has configured may be on loopback
  const api = new BackendApi('Backend', egress);

  beforeAll(async () => {
    origin = await TestOrigin.start((request, response) => handler(response, request));
  });
  beforeEach(() => (origin.requests.length = 0));
  afterAll(async () => {
    await egress.onApplicationShutdown();
    await origin.stop();
  });

  const open = (timeoutMs = 10_000) =>
    openCall({ principal: fixturePrincipal('alice'), requestId: 'request-1', timeoutMs });
  const send = async (call: Partial<ApiCall> = {}, opened = open()) =>
    api.send({ url: origin.url, ...call }, TOKEN, opened.context).finally(() => opened.close());

  it('is asked in the name of the user, with the id of the request', async () => {
    handler = (response) => response.end('{}');
    await send({ headers: { authorization: 'Bearer other', 'x-own': 'yes' } });
    expect(origin.requests[0]!.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'x-request-id': 'request-1',
      'x-own': 'yes',
    });
  });

  it('gives every answer with its status, and the seconds to wait', async () => {
    handler = (response) => response.writeHead(429, { 'retry-after': '7' }).end('slow down');
    expect(await send()).toEqual({ status: 429, text: 'slow down', retryAfter: 7 });
  });

  it('does not show the token that it repeats (threat 42)', async () => {
    handler = (response, request) => response.end(`you sent ${request.headers.authorization}`);
    expect((await send()).text).toBe('you sent Bearer [secret]');
  });

  it.each([
    ['GET', undefined],
    ['POST', expect.stringContaining('may or may not have had an effect')],
  ])('is asked once: a connection that breaks fails a %s', async (method, modelText) => {
    handler = (response) => response.destroy();
    await expect(send({ method })).rejects.toMatchObject({ code: 'upstream_unavailable', modelText });
    expect(origin.requests).toHaveLength(1);
  });

  it('fails in words when nobody is there, or the answer is too large', async () => {
    await expect(send({ url: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'upstream_unavailable' });
    handler = (response) => response.end(Buffer.alloc(9 * 1024 * 1024));
    await expect(send()).rejects.toMatchObject({ code: 'upstream_rejected' });
  });

  it('is given up at the deadline and on cancellation', async () => {
    handler = () => undefined;
    await expect(send({}, open(100))).rejects.toMatchObject({ code: 'timeout' });
    const opened = open();
    const arrived = new Promise<void>((resolve) => (handler = () => resolve()));
    const pending = send({}, opened);
    const refused = expect(pending).rejects.toBeInstanceOf(ProviderError);
    await arrived;
    opened.cancel();
    await refused;
    await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
  });
});
