import { once } from 'node:events';
import { connect } from 'node:net';
import fc from '../../../../test/support/fuzz.js';
import { askingTools } from '../../testing/src/asking-tools.js';
import { QuickClient } from '../../testing/src/quick-client.js';
import { RelayProvider } from '../../testing/src/relay-provider.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { callTool, openSession, send } from '../../testing/src/mcp-wire.js';

/** `MANIFOLD_FUZZ_FRAMES=100000` is what a release is tested with: minutes. */
const FRAMES = Number(process.env.MANIFOLD_FUZZ_FRAMES ?? 5_000);
const FRAMES_AT_ONCE = 50;

const METHODS = [
  'ping',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'initialize',
  'server/discover',
  'notifications/cancelled',
  'x',
  '',
];
const NAMES = ['echo', 'steps', 'app_everything', 'app_ask', 'app_asking', 'none'];
const URIS = ['a://1', 'a://2/x', 'b://', 'a://1#:~:mcp-server=app', 'ui://app/x'];
const VERSIONS = ['2024-11-05', '2025-03-26', '2025-11-25', '2026-07-28', '2027-01-01', '', 'x'];

const meta = fc.record(
  {
    progressToken: fc.jsonValue(),
    'io.modelcontextprotocol/protocolVersion': fc.oneof(fc.constantFrom(...VERSIONS), fc.jsonValue()),
    'io.modelcontextprotocol/clientCapabilities': fc.oneof(fc.constantFrom({}, { elicitation: {} }), fc.jsonValue()),
    'io.modelcontextprotocol/logLevel': fc.oneof(fc.constantFrom('debug', 'error'), fc.jsonValue()),
    traceparent: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const params = fc.record(
  {
    name: fc.oneof(fc.constantFrom(...NAMES), fc.jsonValue()),
    arguments: fc.oneof(fc.record({ count: fc.nat(3) }), fc.jsonValue()),
    uri: fc.oneof(fc.constantFrom(...URIS), fc.jsonValue()),
    ref: fc.oneof(
      fc.record({ type: fc.constantFrom('ref/prompt', 'ref/resource'), name: fc.jsonValue() }),
      fc.jsonValue(),
    ),
    argument: fc.jsonValue(),
    level: fc.jsonValue(),
    inputResponses: fc.jsonValue(),
    requestState: fc.jsonValue(),
    requestId: fc.jsonValue(),
    cursor: fc.jsonValue(),
    protocolVersion: fc.jsonValue(),
    _meta: fc.oneof(meta, fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const message = fc.record(
  {
    jsonrpc: fc.oneof({ weight: 9, arbitrary: fc.constant('2.0') }, fc.jsonValue()),
    id: fc.oneof(fc.nat(5), fc.string(), fc.jsonValue()),
    method: fc.oneof(fc.constantFrom(...METHODS), fc.jsonValue()),
    params: fc.oneof({ weight: 4, arbitrary: params }, fc.jsonValue()),
    result: fc.jsonValue(),
    error: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  { weight: 6, arbitrary: message.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.array(message, { maxLength: 22 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
);
const headers = fc.record(
  {
    'mcp-protocol-version': fc.constantFrom(...VERSIONS),
    'mcp-method': fc.constantFrom(...METHODS),
    'mcp-name': fc.constantFrom(...NAMES, ...URIS, '=?base64?@@?=', 'x'),
    'mcp-param-target': fc.constantFrom('x', '=?base64?@@?='),
    'last-event-id': fc.string({ unit: 'grapheme-ascii' }),
    accept: fc.constantFrom('application/json, text/event-stream', '*/*', 'text/html'),
  },
  { requiredKeys: [] },
);

describe('random input', () => {
  const provider = new RelayProvider({
    app: { tools: askingTools().tools, resources: ['a://1'], templates: ['a://2/{x}'], prompts: ['asking'] },
  });
  let app: TransportApp;
  let client: QuickClient;
  let session: string;
  let messages: string;
  const sse = new AbortController();

  beforeAll(async () => {
    const settings = { MCP_MAX_SESSIONS: '200000', TOOL_CALL_TIMEOUT_MS: '1000' };
    app = await startTransport({ settings, providers: [provider] });
    client = new QuickClient(app.url);
    session = await openSession(app.url, 'alice', '2025-03-26');
    const headers = { authorization: 'Bearer alice', accept: 'text/event-stream' };
    const stream = await fetch(`${app.url}/sse`, { headers, signal: sse.signal });
    const reader = stream.body!.getReader();
    const { value } = await reader.read();
    messages = /data: (\S+)/.exec(new TextDecoder().decode(value))![1]!;
    const drain = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    drain().catch(() => undefined);
  });
  afterAll(async () => {
    sse.abort();
    await client.close();
    await app.discard();
  });

  const stillWorks = async () => {
    const fresh = await openSession(app.url);
    const response = await send(app.url, callTool(1, 'echo', { message: 'alive' }), { session: fresh });
    expect(await response.json()).toMatchObject({ result: { content: [{ text: 'alive' }] } });
  };

  const frame = fc.record({
    text: body,
    given: headers,
    withSession: fc.boolean(),
    path: fc.constantFrom('/mcp', '/mcp/servers/app/mcp', '/mcp?apps=app&mode=dynamic', ''),
  });
  type Frame = typeof frame extends fc.Arbitrary<infer T> ? T : never;
  const answerTo = ({ text, given, withSession, path }: Frame) => {
    const credentials = { authorization: 'Bearer alice', ...(withSession && { 'mcp-session-id': session }) };
    return client.post(path || messages, { ...credentials, ...given }, text);
  };

  it('answers no message with a 5xx, and every one that it refuses with a JSON-RPC error', async () => {
    const many = fc.array(frame, { minLength: FRAMES_AT_ONCE, maxLength: FRAMES_AT_ONCE });
    await fc.assert(
      fc.asyncProperty(many, async (frames) => {
        for (const { status, text } of await Promise.all(frames.map(answerTo))) {
          expect(status).toBeLessThan(500);
          if (status < 400) continue;
          expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
        }
      }),
      { numRuns: Math.ceil(FRAMES / FRAMES_AT_ONCE) },
    );
    await stillWorks();
  });

  it('survives bytes that are no HTTP, and headers that try to break out', async () => {
    const raw = async (text: string) => {
      const socket = connect(app.port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      await once(socket, 'connect');
      socket.end(text);
      await once(socket, 'close');
    };
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), (text) =>
        raw(`POST /mcp HTTP/1.1\r\nhost: x\r\n${text}\r\n\r\n{`),
      ),
      { numRuns: 200 },
    );
    await stillWorks();
  });
});
