import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { startTransport, type TransportApp } from '../testing/src/transport-app.js';
import { callTool, openSession, send } from '../testing/src/mcp-wire.js';

const METHODS = [
  'ping',
  'tools/list',
  'tools/call',
  'initialize',
  'server/discover',
  'notifications/cancelled',
  'x',
  '',
];
const VERSIONS = ['2024-11-05', '2025-03-26', '2025-11-25', '2026-07-28', '2027-01-01', '', 'x'];

const meta = fc.record(
  {
    progressToken: fc.jsonValue(),
    'io.modelcontextprotocol/protocolVersion': fc.oneof(fc.constantFrom(...VERSIONS), fc.jsonValue()),
    'io.modelcontextprotocol/clientCapabilities': fc.oneof(fc.constant({}), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const params = fc.record(
  {
    name: fc.oneof(fc.constantFrom('echo', 'steps', 'none'), fc.jsonValue()),
    arguments: fc.oneof(fc.record({ count: fc.nat(3) }), fc.jsonValue()),
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
    'mcp-name': fc.constantFrom('echo', 'steps', '=?base64?@@?=', 'x'),
    accept: fc.constantFrom('application/json, text/event-stream', '*/*', 'text/html'),
  },
  { requiredKeys: [] },
);

describe('whatever is sent', () => {
  let app: TransportApp;
  let session: string;

  beforeAll(async () => {
    app = await startTransport({ settings: { MCP_MAX_SESSIONS: '100000' } });
    session = await openSession(app.url, 'alice', '2025-03-26');
  });
  afterAll(() => app.discard());

  const stillWorks = async () => {
    const fresh = await openSession(app.url);
    const response = await send(app.url, callTool(1, 'echo', { message: 'alive' }), { session: fresh });
    expect(await response.json()).toMatchObject({ result: { content: [{ text: 'alive' }] } });
  };

  it('answers no message with a 5xx, and every one that it refuses with a JSON-RPC error', async () => {
    const frame = fc.record({ text: body, given: headers, withSession: fc.boolean() });
    const answerTo = async ({ text, given, withSession }: { text: string; given: object; withSession: boolean }) => {
      const response = await send(app.url, text, { headers: { ...given }, session: withSession ? session : undefined });
      return { status: response.status, answer: await response.text() };
    };
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 10, maxLength: 10 }), async (frames) => {
        for (const { status, answer } of await Promise.all(frames.map(answerTo))) {
          expect(status).toBeLessThan(500);
          if (status < 400) continue;
          expect(JSON.parse(answer)).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
        }
      }),
      { numRuns: 300 },
    );
    await stillWorks();
  }, 120_000);

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
