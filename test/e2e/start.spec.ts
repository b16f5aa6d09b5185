import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { admin } from '../support/admin-command.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { itOnOne } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';

describe('the first start in development', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ sampleServer: true });
    rest = new RestClient(gateway.url);
  });

  afterAll(() => gateway.dispose());

  it(cites('start.everything', 'shows tools of server-everything to the first tools/list, and they work'), async () => {
    const { client } = await connectSdk1({ url: gateway.url });
    const { tools } = await client.listTools();
    const answer = await client.callTool({ name: 'everything_echo', arguments: { message: 'hello' } });
    await client.close();

    expect(tools.map(({ name }) => name)).toContain('everything_echo');
    expect(textOf(answer)).toContain('hello');
  });

  itOnOne('says where to point a client', async () => {
    const banner = await eventually(
      'it has said so',
      () => gateway.logs().includes('claude mcp add') && gateway.logs(),
    );

    expect(banner).toContain(`claude mcp add --transport http manifold ${gateway.url}/mcp`);
    expect(banner).toContain(`"url": "${gateway.url}/mcp"`);
  });

  it(cites('start.everything', 'is the only one that registers it: removed, it stays removed'), async () => {
    await gateway.restart();
    expect((await rest.servers()).body.servers.map(({ name }) => name)).toEqual(['everything']);
    await rest.remove('everything');
    await gateway.restart();
    await gateway.kill9();
    await gateway.restart();

    expect((await rest.servers()).body.servers).toEqual([]);
    expect((await rest.tools()).body.tools).toEqual([]);
  });
});

describe('a start in production', () => {
  itOnOne(
    cites('operation.first-key', 'says how to make the first key and what to give to clients, until there is one'),
    async () => {
      const env = { NODE_ENV: 'production', MCP_SERVER_URL: 'https://mcp.example.com/' };
      const gateway = await GatewayProcess.start({ env });
      const banner = await eventually('it has said so', () => gateway.logs().includes('create-key') && gateway.logs());
      const [command] = /node \S+ create-key .*/.exec(banner)!;
      const key = await admin(gateway, ...command.split(' ').slice(2));
      const { status } = await new RestClient(gateway.url, { token: key }).servers();
      const before = gateway.logs().length;
      await gateway.restart();
      const after = await eventually('it has started again', () => {
        const said = gateway.logs().slice(before);
        return said.includes('MCP clients') && said;
      });
      await gateway.dispose();

      expect(status).toBe(200);
      expect(banner).toContain('MCP clients   https://mcp.example.com/mcp');
      expect(banner).not.toContain('MCP_SERVER_URL');
      expect(after).not.toContain('create-key');
    },
  );

  it(cites('operation.first-key', 'warns where nobody has said under which URL it is reached'), async () => {
    const gateway = await GatewayProcess.start({ replicas: 1, env: { NODE_ENV: 'production' } });
    const warning = /^\{"level":"warn".*"msg":"MCP_SERVER_URL: is not set, so connect links .*$/m;
    const warned = await eventually('it has warned', () => warning.test(gateway.logs()));
    await gateway.dispose();

    expect(warned).toBe(true);
  });

  it(cites('start.everything', 'registers nothing by itself'), async () => {
    const gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production' }, sampleServer: true });
    const key = await createApiKey(gateway, 'me', 'operator');
    const { status, body } = await new RestClient(gateway.url, { token: key }).servers();
    await gateway.dispose();

    expect({ status, servers: body.servers }).toEqual({ status: 200, servers: [] });
  });
});

/** Returns the lines that a gateway prints when it cannot start. */
async function refusal(env: Record<string, string>): Promise<string[]> {
  const error: unknown = await GatewayProcess.start({ env }).then(
    (gateway) => gateway.dispose(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('The gateway has started');
  const [, ...lines] = error.message.trim().split('\n'); // the first one is the test support's own
  return lines;
}

describe('a start that cannot succeed', () => {
  it(cites('operation.port-in-use', 'ends with one line that names the port that is in use'), async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const lines = await refusal({ PORT: String(port) });
    other.close();

    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([
      `Manifold cannot start: port ${port} is in use (set PORT to another one)`,
    ]);
    expect(lines.join()).not.toContain('"level":"error"');
  });

  it(
    cites('operation.bad-environment', 'ends with one line for each fault of the environment, without the values'),
    async () => {
      const [head, ...faults] = await refusal({
        PORT: 'eighty',
        ENABLE_LEGACY_SSE: 'perhaps',
        LOG_LEVEL: 'loud',
        MONGO_URL: 'postgres://user:hunter2@db/',
      });

      expect(head).toMatch(/^Manifold cannot start: .*4 error/);
      expect(faults.map((line) => line.trim().split(':')[0]).sort()).toEqual([
        'ENABLE_LEGACY_SSE',
        'LOG_LEVEL',
        'MONGO_URL',
        'PORT',
      ]);
      expect(faults.join()).not.toMatch(/eighty|perhaps|loud|hunter2/);
    },
  );

  it(
    cites('operation.bad-environment', 'ends where production lacks its key, before anything is written'),
    async () => {
      const lines = await refusal({ NODE_ENV: 'production', SECRETS_KEY: '' });

      expect(lines).toEqual([
        expect.stringContaining('1 error'),
        expect.stringMatching(/^\s*SECRETS_KEY: is not set, and production needs it; write/),
      ]);
    },
  );

  it(cites('operation.bad-environment', 'ends where the folder for its data cannot be used'), async () => {
    const lines = await refusal({ DATA_DIR: '/proc/no-such-folder' });

    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([expect.stringContaining('DATA_DIR')]);
  });
});
