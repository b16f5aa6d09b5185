import { RelayProvider, text } from '../../testing/src/relay-provider.js';
import { modern } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

const inputSchema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    count: { type: 'integer', 'x-mcp-header': 'count' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
    inner: { type: 'object', properties: { id: { type: 'string', 'x-mcp-header': 'Inner-Id' } } },
    list: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Item' } },
    price: { type: 'number', 'x-mcp-header': 'Price' },
    odd: { type: 'string', 'x-mcp-header': 'not a token' },
    plain: { type: 'string' },
  },
};
const base64 = (value: string): string => `=?base64?${Buffer.from(value).toString('base64')}?=`;

describe('arguments that are repeated in headers', () => {
  let app: TransportApp;
  let calls = 0;

  beforeAll(async () => {
    const tools = {
      sql: async () => {
        calls += 1;
        return text('done');
      },
    };
    app = await startTransport({ providers: [new RelayProvider({ db: { tools, schemas: { sql: inputSchema } } })] });
  });
  afterAll(() => app.discard());

  const call = (args: object, headers: Record<string, string>) =>
    modern(app.url, { id: 1, method: 'tools/call', params: { name: 'db_sql', arguments: args } }, { headers });

  it.each<[object, Record<string, string>]>([
    [{}, {}],
    [{ region: null, plain: 'x', odd: 'x', price: 1.5, list: ['x'] }, {}],
    [{ region: 'us-west1' }, { 'mcp-param-region': 'us-west1' }],
    [{ region: 'us-west1' }, { 'MCP-PARAM-REGION': base64('us-west1') }],
    [{ region: 'Zürich 世界' }, { 'mcp-param-region': base64('Zürich 世界') }],
    [{ region: ' padded ' }, { 'mcp-param-region': base64(' padded ') }],
    [{ region: '=?base64?x?=' }, { 'mcp-param-region': base64('=?base64?x?=') }],
    [{ region: '' }, { 'mcp-param-region': base64('') }],
    [{ count: 42 }, { 'mcp-param-count': '42' }],
    [{ count: 42 }, { 'mcp-param-count': '42.0' }],
    [
      { count: -7, dry: false },
      { 'mcp-param-count': '-7', 'mcp-param-dry': 'false' },
    ],
    [{ inner: { id: 'a' } }, { 'mcp-param-inner-id': 'a' }],
    [{}, { 'mcp-param-unknown': 'x', 'mcp-param-item': 'x' }],
  ])('are taken where they are the same: %j %j', async (args, headers) => {
    expect(await (await call(args, headers)).json()).toMatchObject({ result: text('done') });
  });

  it.each<[object, Record<string, string>]>([
    [{ region: 'us-west1' }, {}],
    [{ region: 'us-west1' }, { 'mcp-param-region': 'us-east1' }],
    [{ region: 'us-west1' }, { 'mcp-param-region': 'US-WEST1' }],
    [{}, { 'mcp-param-region': 'us-west1' }],
    [{ region: null }, { 'mcp-param-region': 'null' }],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8?=' }],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVs!!!bG8=?=' }],
    [{ region: 'Hello' }, { 'mcp-param-region': 'SGVsbG8=' }],
    [{ region: 'Zürich' }, { 'mcp-param-region': 'Z\u00fcrich' }],
    [{ count: 42 }, { 'mcp-param-count': '43' }],
    [{ count: 0 }, { 'mcp-param-count': 'zero' }],
    [{ dry: true }, { 'mcp-param-dry': 'True' }],
    [{ region: { deep: 1 } }, { 'mcp-param-region': '[object Object]' }],
    [{ inner: { id: 'a' } }, {}],
  ])('reach no upstream where they are not: %j %j', async (args, headers) => {
    const before = calls;
    const response = await call(args, headers);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -32020 } });
    expect(calls).toBe(before);
  });
});
