import { connect } from 'node:net';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const CANARY = 'canary-3f1c9a7e5b';

let gateway: GatewayProcess;
let rest: RestClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ env: { LOG_LEVEL: 'debug' } });
  rest = new RestClient(gateway.url);
  await rest.register({ name: 'echo', ...echoServer() });
});
afterAll(() => gateway.dispose());

type Line = Readonly<Record<string, unknown>>;

/** The JSON lines so far; the words for people at the start are no part of the log. */
const lines = (): Line[] =>
  gateway
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{"level"'))
    .map((line) => JSON.parse(line) as Line);

const lineOf = (msg: string, requestId: string): Promise<Line> =>
  eventually(`a line "${msg}" of request ${requestId}`, () =>
    lines().find((line) => line.msg === msg && line.requestId === requestId),
  );

describe('the log', () => {
  it(cites('operation.logs', 'has one JSON line per request, with the id that the answer carries'), async () => {
    const { headers, status } = await rest.servers();
    const requestId = headers.get('x-request-id')!;
    expect(await lineOf('request', requestId)).toMatchObject({
      method: 'GET',
      path: '/mcp/servers',
      status,
      level: 'info',
    });
  });

  it(cites('operation.logs', "takes the caller's request id, and no malformed one"), async () => {
    const ask = async (id: string): Promise<string> =>
      (await fetch(`${gateway.url}/livez`, { headers: { 'x-request-id': id } })).headers.get('x-request-id')!;
    expect(await ask('mine-0123456789')).toBe('mine-0123456789');
    expect(await ask('bad id {"level"}')).not.toContain('{');
    await lineOf('request', 'mine-0123456789');
  });

  it(cites('operation.logs', 'says of a tool call who, what, how it ended and how long it took'), async () => {
    const { headers } = await rest.callTool({ serverName: 'echo', methodName: 'echo', args: { message: CANARY } });
    const line = await lineOf('tool call', headers.get('x-request-id')!);
    expect(line).toMatchObject({ app: 'echo', tool: 'echo', outcome: 'ok', ms: expect.any(Number) });
    expect(line.principal).toContain('default');
  });

  it(cites('operation.logs', 'holds no credential, no secret, no argument and no query'), async () => {
    const wrong = `mfk_${CANARY.padEnd(43, 'x')}`;
    await fetch(`${gateway.url}/mcp/servers?token=${CANARY}`, { headers: { authorization: `Bearer ${wrong}` } });
    await fetch(`${gateway.url}/mcp/servers`, { headers: { 'x-api-key': wrong, cookie: `session=${CANARY}` } });
    await rest.setSecret({ serverName: 'echo', secretName: 'TOKEN', secretValue: CANARY });
    await rest.callTool({ serverName: 'echo', methodName: 'received', args: { password: CANARY } });
    await rest.request('POST', '/secrets/set', { serverName: CANARY, secretValue: { $ne: CANARY } });
    const last = await rest.servers();
    await lineOf('request', last.headers.get('x-request-id')!);
    expect(gateway.logs()).not.toContain(CANARY);
  });
});

/** Sends bytes as they are. @returns what came back until the gateway closed the connection */
async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString()));
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve)); // a reset is an answer, too
  return answer;
}

describe('the process', () => {
  it(cites('operation.survives', 'outlives what clients send'), async () => {
    const { pid } = gateway;
    const head = 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';
    for (const bytes of [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `${head}Content-Length: 10\r\n\r\n{`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `${head}Content-Length: -1\r\n\r\n`,
      `GET /${'%'.repeat(2000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
      `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    ]) {
      expect(await sendRaw(bytes)).not.toMatch(/^HTTP\/1.1 5/);
    }
    for (const body of ['null', '7', '[]', '"x"', '{"jsonrpc":"2.0"}', '['.repeat(100_000), '{"__proto__":{"a":1}}']) {
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
      for (const path of ['/mcp', '/mcp/tool/call', '/secrets/set', '/mcp/servers']) {
        const { status } = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body });
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }
    }
    expect(gateway.pid).toBe(pid);
    expect(
      (await rest.callTool({ serverName: 'echo', methodName: 'echo', args: { message: 'still here' } })).status,
    ).toBe(200);
  });

  it(cites('operation.survives', 'outlives what upstreams send'), async () => {
    const words = ['null', '[]', '{}', 'not json', '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":{},"method":7}'];
    const script = `${words.map((word) => `console.log(${JSON.stringify(word)});`).join('')}process.stdin.resume();`;
    const { status } = await rest.register({
      name: 'babble',
      command: process.execPath,
      args: ['-e', `${script}setTimeout(() => process.exit(3), 500)`],
    });
    expect(status).toBe(200);
    const { server } = (await rest.server('babble')).body;
    expect(server.status).not.toBe('connected');
    expect(JSON.stringify(server.logs)).toContain('not json');
    expect((await rest.callTool({ serverName: 'echo', methodName: 'echo', args: { message: 'x' } })).status).toBe(200);
  });
});
