import { RelayProvider, text } from '../../testing/src/relay-provider.js';
import {
  callTool,
  events,
  initialize,
  modernRequest,
  openSession,
  request,
  send,
  type WireOptions,
} from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

const CALL = callTool(1, 'app_act', { target: 'x' });
const TEXT = JSON.stringify(CALL);
const TOO_LARGE = JSON.stringify(callTool(1, 'app_act', { target: 'x'.repeat(4 * 1024 * 1024) }));
const TOO_DEEP = TEXT.replace('"x"', `${'['.repeat(62)}1${']'.repeat(62)}`);
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };

/** Bodies that each era refuses, made from a call that each era accepts. */
const BODIES: [string, (call: string) => string, number, number][] = [
  ['half of it', (call) => call.slice(0, -2), 400, -32700],
  ['more than it', (call) => `${call}}`, 400, -32700],
  ['a key that comes twice', (call) => call.replace('"jsonrpc"', '"method":"ping","jsonrpc"'), 400, -32700],
  ['the same, escaped', (call) => call.replace('"target"', '"\\u0074arget":"y","target"'), 400, -32700],
  ['a prototype', (call) => call.replace('"target"', '"__proto__":{"a":1},"target"'), 400, -32700],
  ['a constructor', (call) => call.replace('"x"', '{"constructor":{"prototype":{"a":1}}}'), 400, -32700],
  ['65 levels', (call) => call.replace('"x"', `${'['.repeat(62)}1${']'.repeat(62)}`), 400, -32700],
  ['more than 4 MiB', (call) => call.replace('"x"', JSON.stringify('x'.repeat(4 * 1024 * 1024))), 413, -32000],
  ['more than 100,000 members', (call) => call.replace('"x"', `[${'{"a":1},'.repeat(100_000)}1]`), 413, -32000],
  ['another version of JSON-RPC', (call) => call.replace('"2.0"', '"1.0"'), 400, -32600],
  ['an id that is null', (call) => call.replace('"id":1', '"id":null'), 400, -32600],
  ['an id that is an object', (call) => call.replace('"id":1', '"id":{}'), 400, -32600],
];

describe('bad input', () => {
  const act = jest.fn(async () => text('done'));
  const asking = jest.fn(async () => text('asked'));
  const inputSchema = { type: 'object', properties: { target: { type: 'string', 'x-mcp-header': 'Target' } } };
  let app: TransportApp;
  let session: string;
  let old: string;
  let foreign: string;
  let elsewhere: string;

  beforeAll(async () => {
    const tools = {
      act,
      ask: async (_args: unknown, { client }: { client?: { request(requests: object): Promise<unknown> } }) => {
        await client!.request({ who: { method: 'elicitation/create', params: {} } });
        return asking();
      },
    };
    const provider = new RelayProvider({ app: { tools: tools as never, schemas: { act: inputSchema } } });
    app = await startTransport({ providers: [provider] });
    session = await openSession(app.url);
    old = await openSession(app.url, 'alice', '2025-03-26');
    foreign = await openSession(app.url, 'bob');
    const response = await send(app.url, initialize(), { path: '/mcp/servers/app/mcp' });
    elsewhere = response.headers.get('mcp-session-id')!;
  });
  afterAll(() => app.discard());
  afterEach(() => {
    expect(act).not.toHaveBeenCalled();
    expect(asking).not.toHaveBeenCalled();
    act.mockClear();
  });

  const post = async (body: unknown, options: WireOptions): Promise<[number, unknown]> => {
    const response = await send(app.url, body, options);
    const { error } = (await response.json()) as { error?: { code: number } };
    return [response.status, error?.code];
  };
  const modernCall = (changes: { meta?: Record<string, unknown>; headers?: Record<string, string> } = {}) =>
    modernRequest(
      { id: 1, method: 'tools/call', params: CALL.params },
      { ...changes, headers: { 'mcp-param-target': 'x', ...changes.headers } },
    );

  describe.each(['legacy', 'modern'])('in the %s era', (era) => {
    it.each(BODIES)('%s', async (_title, spoil, status, code) => {
      const { body, headers } = era === 'modern' ? modernCall() : { body: CALL, headers: {} };
      const sessionOfEra = era === 'modern' ? undefined : session;
      expect(await post(spoil(JSON.stringify(body)), { session: sessionOfEra, headers })).toEqual([status, code]);
    });
  });

  describe('in sessions', () => {
    const batch = (count: number) => Array.from({ length: count }, (_, id) => ({ ...CALL, id }));

    it.each<[string, unknown, () => WireOptions, number, number]>([
      ['a batch in a revision without them', batch(1), () => ({ session }), 400, -32600],
      ['an empty batch', [], () => ({ session: old }), 400, -32600],
      ['a batch of 21', batch(21), () => ({ session: old }), 400, -32600],
      ['no session', CALL, () => ({}), 400, -32000],
      ['a session that nobody has', CALL, () => ({ session: 'A'.repeat(43) }), 404, -32001],
      ["another user's session", CALL, () => ({ session: foreign }), 404, -32001],
      ['a session of another endpoint', CALL, () => ({ session: elsewhere }), 404, -32001],
      ['a session of all, at one endpoint', CALL, () => ({ session, path: '/mcp/servers/app/mcp' }), 404, -32001],
      ['another type', CALL, () => ({ session, headers: { 'content-type': 'text/plain' } }), 415, -32000],
      ['an Accept without JSON', CALL, () => ({ session, headers: { accept: 'text/event-stream' } }), 406, -32000],
      ['another revision', CALL, () => ({ session, headers: { 'mcp-protocol-version': '2024-13-01' } }), 400, -32000],
      ['a site of somebody else', CALL, () => ({ session, headers: { origin: 'https://evil.test' } }), 403, -32000],
      ['an unknown method', { ...CALL, method: 'tools/invent' }, () => ({ session }), 200, -32601],
      ['an unknown tool', callTool(1, 'app_other'), () => ({ session }), 200, -32602],
      ['positional params', { ...CALL, params: ['app_act'] }, () => ({ session }), 400, -32600],
      ['a name that is no string', callTool(1, 5 as never), () => ({ session }), 200, -32602],
      ['arguments that are no object', callTool(1, 'app_act', ['x']), () => ({ session }), 200, -32602],
    ])('%s', async (_title, body, options, status, code) => {
      expect(await post(body, options())).toEqual([status, code]);
    });
  });

  describe('in requests without a session', () => {
    it.each<[string, Parameters<typeof modernCall>[0], number, number]>([
      ['no method header', { headers: { 'mcp-method': '' } }, 400, -32020],
      ['another method in the header', { headers: { 'mcp-method': 'tools/list' } }, 400, -32020],
      ['no name header', { headers: { 'mcp-name': '' } }, 400, -32020],
      ['another name in the header', { headers: { 'mcp-name': 'app_ask' } }, 400, -32020],
      ['no revision in the headers', { headers: { 'mcp-protocol-version': '' } }, 400, -32020],
      ['another revision in the header', { headers: { 'mcp-protocol-version': '2025-11-25' } }, 400, -32020],
      ['no header for a parameter', { headers: { 'mcp-param-target': '' } }, 400, -32020],
      ['another parameter in the header', { headers: { 'mcp-param-target': 'y' } }, 400, -32020],
      ['a parameter that is no Base64', { headers: { 'mcp-param-target': '=?base64?@@?=' } }, 400, -32020],
      [
        'capabilities that are no object',
        { meta: { ...CAPABILITIES, [Object.keys(CAPABILITIES)[0]!]: 1 } },
        400,
        -32602,
      ],
      [
        'a revision of tomorrow',
        { meta: { [VERSION]: '2027-01-01' }, headers: { 'mcp-protocol-version': '2027-01-01' } },
        400,
        -32022,
      ],
    ])('%s', async (_title, changes, status, code) => {
      const { body, headers } = modernCall(changes);
      expect(await post(body, { headers })).toEqual([status, code]);
    });

    it('a batch', async () => {
      const { body, headers } = modernCall();
      expect(await post([body], { headers })).toEqual([400, -32600]);
    });

    it('an unknown method', async () => {
      const { body, headers } = modernRequest({ id: 1, method: 'tools/invent', params: CALL.params });
      expect(await post(body, { headers })).toEqual([404, -32601]);
    });

    it('a requestState that was changed, or given out for something else', async () => {
      const ask = (more: object, user = 'alice') => {
        const params = { name: 'app_ask', arguments: {}, ...more };
        const { body, headers } = modernRequest({ id: 1, method: 'tools/call', params }, { meta: CAPABILITIES });
        return { body, options: { user, headers } };
      };
      const first = ask({});
      const answer = await (await send(app.url, first.body, first.options)).json();
      const { requestState } = (answer as { result: { requestState: string } }).result;
      const inputResponses = { who: { action: 'accept' } };
      const changed = `${requestState.slice(0, -2)}${requestState.endsWith('AA') ? 'BB' : 'AA'}`;
      for (const [more, user] of [
        [{ inputResponses, requestState: changed }, 'alice'],
        [{ inputResponses, requestState }, 'bob'],
        [{ inputResponses, requestState, arguments: { a: 1 } }, 'alice'],
        [{ inputResponses, requestState: 7 }, 'alice'],
      ] as const) {
        const { body, options } = ask(more, user);
        expect(await post(body, options)).toEqual([200, -32602]);
      }
    });
  });

  describe('over HTTP+SSE', () => {
    let endpoint: string;
    const controller = new AbortController();

    beforeAll(async () => {
      const headers = { authorization: 'Bearer alice', accept: 'text/event-stream' };
      const response = await fetch(`${app.url}/sse`, { headers, signal: controller.signal });
      endpoint = (await events(response).next()).value!.data;
    });
    afterAll(() => controller.abort());

    it.each<[string, unknown, WireOptions, number, number]>([
      ['half of a message', TEXT.slice(0, -1), {}, 400, -32700],
      ['a key that comes twice', TEXT.replace('"id":1', '"id":1,"id":2'), {}, 400, -32700],
      ['65 levels', TOO_DEEP, {}, 400, -32700],
      ['more than 4 MiB', TOO_LARGE, {}, 413, -32000],
      ['a batch', [CALL], {}, 400, -32600],
      ['another type', CALL, { headers: { 'content-type': 'text/plain' } }, 415, -32000],
      ['a message of somebody else', CALL, { user: 'bob' }, 404, -32001],
    ])('%s', async (_title, body, options, status, code) => {
      expect(await post(body, { ...options, path: endpoint })).toEqual([status, code]);
    });

    it('a session that nobody has', async () => {
      expect(await post(CALL, { path: `/messages?sessionId=${'A'.repeat(43)}` })).toEqual([404, -32001]);
    });
  });
});

describe('the good input that the bad input was made of', () => {
  it('is taken', async () => {
    const tools = { act: async () => text('done') };
    const app = await startTransport({ providers: [new RelayProvider({ app: { tools } })] });
    const session = await openSession(app.url);
    const good = [
      await send(app.url, TEXT, { session }),
      await send(app.url, TOO_DEEP.replace('[[', '[').replace(']]', ']'), { session }),
      await send(app.url, request(2, 'ping'), { session }),
    ];
    for (const response of good) expect(await response.json()).toMatchObject({ result: expect.any(Object) });
    await app.discard();
  });
});
