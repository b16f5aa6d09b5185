import { request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { WireClient } from '../support/wire-client.js';

const PING = request(1, 'ping');
const ERROR = { jsonrpc: '2.0', error: { code: expect.any(Number), message: expect.any(String) }, id: null };

let gateway: GatewayProcess;
let client: WireClient;
let session: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  client = new WireClient(gateway.url);
  session = await client.openSession();
});
afterAll(() => gateway.dispose());

describe('a message of a client', () => {
  it.each([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['a notification that nobody knows', { jsonrpc: '2.0', method: 'notifications/of-tomorrow', params: { a: 1 } }],
    ['a response', { jsonrpc: '2.0', id: 7, result: {} }],
    ['an error response', { jsonrpc: '2.0', id: 7, error: { code: 1, message: 'no' } }],
  ])(cites('legacy.post.notification-202', 'is answered 202 without a body when it is %s'), async (_, message) => {
    const response = await client.post(message, { session });

    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
  });

  it(cites('legacy.post.unknown-method', 'with an unknown method is answered -32601 under its id'), async () => {
    const response = await client.post(request('ask', 'no/such/method'), { session });

    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: 'ask', error: { code: -32601 } });
  });
});

describe('a POST that is refused before a method is looked at', () => {
  it.each(['text/html', 'image/*', 'application/xml, text/plain;q=0.5'])(
    cites('legacy.post.accept-406', 'is answered 406 when it accepts only %s'),
    async (accept) => {
      const response = await client.post(PING, { session, headers: { accept } });

      expect(response.status).toBe(406);
      expect(await response.json()).toMatchObject(ERROR);
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'multipart/form-data; boundary=x'])(
    cites('legacy.post.content-type-415', 'is answered 415 as a JSON-RPC error when its body is %s'),
    async (type) => {
      const response = await client.post(PING, { session, headers: { 'content-type': type } });

      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject(ERROR);
    },
  );

  it.each(['{"jsonrpc":"2.0",', 'not json', '{"a":1}}', '\u0000'])(
    cites('legacy.post.bad-json-400', 'is answered 400 / -32700 when its body is bad JSON'),
    async (body) => {
      const response = await client.post(body, { session });

      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await response.json()).toMatchObject({ ...ERROR, error: { code: -32700 } });
    },
  );

  it(cites('legacy.post.too-large-413', 'is answered 413 as a JSON-RPC error when it is over 4 MiB'), async () => {
    const mebibyte = 1024 * 1024;
    const fits = await client.post(request(1, 'ping', { padding: 'x'.repeat(3.9 * mebibyte) }), { session });
    const large = await client.post(request(1, 'ping', { padding: 'x'.repeat(4 * mebibyte) }), { session });

    expect([fits.status, large.status]).toEqual([200, 413]);
    expect(await large.json()).toMatchObject(ERROR);
  });

  it('leaves the session as it was', async () => {
    expect(await (await client.post(PING, { session })).json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });
});

describe('a batch', () => {
  const pings = (count: number) => Array.from({ length: count }, (_, index) => request(index, 'ping'));

  it(cites('legacy.post.batch', 'is answered with one array, and only requests have an answer in it'), async () => {
    const old = await client.openSession('2025-03-26');
    const messages = [...pings(2), { jsonrpc: '2.0', method: 'notifications/initialized' }, request('x', 'no/such')];
    const answers = await (await client.post(messages, { session: old })).json();

    expect(answers).toHaveLength(3);
    expect(answers).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 0, result: {} },
        { jsonrpc: '2.0', id: 1, result: {} },
        { jsonrpc: '2.0', id: 'x', error: expect.objectContaining({ code: -32601 }) },
      ]),
    );
  });

  it(cites('legacy.post.batch', 'of more than 20 is answered 400, and so is an empty one'), async () => {
    const old = await client.openSession('2025-03-26');
    const send = async (count: number) => (await client.post(pings(count), { session: old })).status;

    expect([await send(20), await send(21), await send(0)]).toEqual([200, 400, 400]);
  });

  it.each(['2025-06-18', '2025-11-25'])(
    cites('legacy.post.batch', 'is answered 400 in revision %s, which has none'),
    async (revision) => {
      const newer = await client.openSession(revision);
      const headers = { 'mcp-protocol-version': revision };
      const response = await client.post(pings(2), { session: newer, headers });

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject(ERROR);
    },
  );
});
