import { join } from 'node:path';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal } from '../support/journal.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

let gateway: GatewayProcess;
let client: WireClient;
let ledger: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  ledger = join(gateway.dataDir, 'ledger');
  const rest = new RestClient(gateway.url);
  // The second before the first: the order of the list must not be that of the registrations' luck.
  for (const name of ['two', 'one']) await rest.register({ name, ...echoServer(`--ledger=${ledger}`) });
  await rest.tools();
  client = new WireClient(gateway.url, { user: 'alice' });
});
afterAll(() => gateway.dispose());

const call = (message = 'hi') => ({
  id: 'c',
  method: 'tools/call',
  params: { name: 'one_echo', arguments: { message } },
});

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('mcp-session-id')).toBeNull();
  return (await response.json()) as Record<string, unknown>;
}

describe('a stateless request', () => {
  it(cites('modern.discover', 'discovers revisions and capabilities'), async () => {
    const response = await client.modern({ id: 1, method: 'server/discover' });

    expect(response.status).toBe(200);
    expect(await bodyOf(response)).toMatchObject({
      jsonrpc: '2.0',
      id: 1,
      result: {
        resultType: 'complete',
        supportedVersions: expect.arrayContaining(['2026-07-28']),
        capabilities: { tools: expect.any(Object) },
      },
    });
  });

  it(cites('modern.tools-list', 'lists tools: private, with a time to live, in the same order each time'), async () => {
    const lists = await Promise.all(
      ['alice', 'bob', 'alice'].map(async (user) =>
        bodyOf(await new WireClient(gateway.url, { user }).modern({ id: 1, method: 'tools/list' })),
      ),
    );

    const { result } = lists[0] as { result: { ttlMs: number; tools: { name: string }[] } };
    expect(result).toMatchObject({ resultType: 'complete', cacheScope: 'private' });
    expect(Number.isInteger(result.ttlMs) && result.ttlMs >= 0).toBe(true);
    expect(result.tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['one_echo', 'two_echo']));
    expect(lists[1]).toEqual(lists[0]);
    expect(lists[2]).toEqual(lists[0]);
  });

  it(cites('modern.tools-list', 'lists tools in the same order after a restart'), async () => {
    const list = async () => bodyOf(await client.modern({ id: 1, method: 'tools/list' }));
    const before = await list();
    await gateway.restart();

    expect(await list()).toEqual(before);
  });

  it(cites('modern.tools-call', 'calls a tool and gets a complete result'), async () => {
    const response = await client.modern(call('straße'));

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await bodyOf(response)).toMatchObject({
      id: 'c',
      result: { resultType: 'complete', content: [{ type: 'text', text: 'straße' }] },
    });
  });

  it(cites('modern.method.unknown-404', 'with an unknown method is answered 404 / -32601'), async () => {
    for (const method of ['no/such', 'initialize', 'ping', 'logging/setLevel']) {
      const response = await client.modern({ id: 'u', method });

      expect([method, response.status]).toEqual([method, 404]);
      expect(await bodyOf(response)).toMatchObject({ id: 'u', error: { code: -32601 } });
    }
  });

  it(cites('modern.get-405', 'is a POST: GET and DELETE are answered 405'), async () => {
    const headers = { 'mcp-protocol-version': '2026-07-28' };
    const responses = [await client.get({ headers }), await client.delete({ headers })];

    for (const response of responses) {
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
    }
  });
});

describe('headers that disagree with the body', () => {
  const mismatches: [string, { headers?: Record<string, string>; meta?: Record<string, unknown> }][] = [
    ['another tool in Mcp-Name', { headers: { 'mcp-name': 'two_echo' } }],
    ['another tool in Base64 in Mcp-Name', { headers: { 'mcp-name': `=?base64?${btoa('two_echo')}?=` } }],
    ['no Mcp-Name', { headers: { 'mcp-name': '' } }],
    ['another method in Mcp-Method', { headers: { 'mcp-method': 'tools/list' } }],
    ['no Mcp-Method', { headers: { 'mcp-method': '' } }],
    ['a legacy revision in MCP-Protocol-Version', { headers: { 'mcp-protocol-version': '2025-11-25' } }],
    ['no MCP-Protocol-Version', { headers: { 'mcp-protocol-version': '' } }],
    ['another revision in _meta', { meta: { [VERSION_KEY]: '2027-01-01' } }],
  ];

  it.each(mismatches)(
    cites('modern.header-mismatch', 'are answered 400 / -32020 and reach no upstream: %s'),
    async (_, changes) => {
      const before = readJournal(ledger).length;
      const response = await client.modern(call(), changes);

      expect(response.status).toBe(400);
      expect(await bodyOf(response)).toMatchObject({ id: 'c', error: { code: -32020 } });
      expect(readJournal(ledger)).toHaveLength(before);
    },
  );

  it(cites('modern.header-mismatch', 'are not those that agree in Base64'), async () => {
    const response = await client.modern(call(), { headers: { 'mcp-name': `=?base64?${btoa('one_echo')}?=` } });

    expect(response.status).toBe(200);
  });
});

it.each(['2027-01-01', '2026-07-29'])(
  cites('modern.version.unsupported', 'answers revision %s with 400 / -32022 and the supported ones'),
  async (version) => {
    const before = readJournal(ledger).length;
    const headers = { 'mcp-protocol-version': version };
    const response = await client.modern(call(), { headers, meta: { [VERSION_KEY]: version } });

    expect(response.status).toBe(400);
    expect(await bodyOf(response)).toMatchObject({
      id: 'c',
      error: { code: -32022, data: { supported: expect.arrayContaining(['2026-07-28']), requested: version } },
    });
    expect(readJournal(ledger)).toHaveLength(before);
  },
);
