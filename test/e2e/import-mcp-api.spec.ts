import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { mongo } from 'mongoose';
import { mcpServer, NpmRegistrySimulator } from '../simulators/npm-registry/index.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { MongoStandIn } from '../support/mongo-stand-in/index.js';
import { sealed } from '../support/original-sealed.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const ADMIN = 'dist/apps/gateway/src/admin.js';
const KEY = 'key-of-the-mcp-api';
const SECRET = 'canary-of-alice';
const TOKEN = 'canary-access-token';

const servers = [
  { name: 'echo', transportType: 'stdio', ...echoServer(), env: {}, enabled: true, status: 'connected', logs: ['a'] },
  {
    name: 'weather',
    command: 'node',
    args: ['./packages/weather/node_modules/weather/index.js'],
    env: {},
    enabled: true,
  },
  { name: 'remote', transportType: 'streamable_http', url: 'http://127.0.0.1:9/mcp', enabled: false },
  { name: 'not a name', command: 'node' },
  { name: 'other', command: 'node', args: ['of-the-mcp-api.js'] },
  { name: 'elsewhere', url: 'https://elsewhere.example.com/mcp' },
];
const packages = [{ name: 'weather', version: '1.0.0', mcpServerId: 'weather', status: 'installed', enabled: true }];
const secrets = [
  { username: 'alice', key: 'echo.TOKEN', value: sealed(SECRET, KEY) },
  { username: 'alice', key: 'echo.DAMAGED', value: sealed(SECRET, KEY).slice(0, -2) },
  { username: 'alice', key: 'other.TOKEN', value: sealed(SECRET, KEY) },
  { username: 'eve\nimported\tserver\tfake', key: 'echo.', value: sealed(SECRET, KEY) },
  { username: 'alice', key: 'gone.TOKEN', value: sealed(SECRET, KEY) },
];
const tokens = [
  { serverName: 'elsewhere', username: 'alice', accessToken: sealed(TOKEN, KEY) },
  { serverName: 'remote', username: 'alice', accessToken: sealed(TOKEN, KEY), clientId: 'c', scopes: ['read'] },
];

describe('npm run admin -- import-mcp-api', () => {
  const original = new MongoStandIn();
  const folder = mkdtempSync(join(tmpdir(), 'manifold-import-'));
  let registry: NpmRegistrySimulator;
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    registry = await NpmRegistrySimulator.start();
    await registry.publish(mcpServer({ name: 'weather' }));
    gateway = await GatewayProcess.start({ env: { NPM_REGISTRY: registry.url } });
    rest = new RestClient(gateway.url);
    await rest.register({ name: 'other', command: 'node', args: ['of-this-gateway.js'], enabled: false });
    await rest.register({ name: 'elsewhere', url: 'https://this.example.com/mcp', enabled: false });
    await original.start();
    const client = new mongo.MongoClient(original.url);
    const database = client.db('squad');
    await database.collection('mcp').insertMany(structuredClone(servers));
    await database.collection('packages').insertMany(structuredClone(packages));
    await database.collection('secrets').insertMany(structuredClone(secrets));
    await database.collection('mcpOAuthTokens').insertMany(structuredClone(tokens));
    await client.close();
    writeFileSync(join(folder, 'key'), `${KEY}\n`);
    writeFileSync(join(folder, 'wrong'), 'another');
  });
  afterAll(async () => {
    await gateway?.dispose();
    await registry?.stop();
    await original.stop();
    rmSync(folder, { recursive: true });
  });

  /** Runs the command as an operator does. */
  async function importing(args: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [ADMIN, 'import-mcp-api', ...args], {
      env: {
        PATH: process.env.PATH,
        MCP_API_MONGO_URL: original.url,
        MCP_API_DBNAME: 'squad',
        MANIFOLD_URL: gateway.url,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect(`${stdout}${stderr}`).not.toMatch(/canary/);
    const lines = stdout.split('\n').filter((line) => line !== '');
    return { code: child.exitCode, lines: lines.map((line) => line.split('\t').slice(0, 3).join(' ')), stdout, stderr };
  }
  const withKey = (...args: string[]) => importing(['--secrets-key-file', join(folder, 'key'), ...args]);
  const registered = async () => (await rest.servers()).body.servers.map(({ name }) => name).sort();

  /** The lines of a run. @param word what it says of records that the gateway has not, and what of a name that is none */
  const linesWith = (word: string, ofFault = 'failed') => [
    `${word} server echo`,
    `${word} package weather: weather@1.0.0`,
    `${word} server remote`,
    `${ofFault} server not a name`,
    'failed server other',
    'failed server elsewhere',
    `${word} secret echo: TOKEN of alice`,
    'failed secret echo: DAMAGED of alice',
    'failed secret other: TOKEN of alice',
    `${ofFault} secret echo: of eve imported server fake`,
    'failed secret : gone.TOKEN of alice',
    'failed tokens elsewhere of alice',
    `${word} tokens remote of alice`,
  ];
  const OWN = ['elsewhere', 'other'];

  it(cites('operation.import-mcp-api', 'says what it would do, and does nothing'), async () => {
    const { code, lines, stderr } = await withKey();

    expect(lines).toEqual(linesWith('new', 'new'));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Nothing was changed') });
    expect(await registered()).toEqual(OWN);
  });

  it.each([
    ['a wrong key', ['--secrets-key-file', 'wrong'], {}, /The key opens none of them. Nothing was changed/],
    ['no key', [], {}, /--secrets-key-file/],
    ['another database', ['--database', 'other'], {}, /The database other has no servers/],
    ['a database that does not answer', ['--from', 'mongodb://someone:canary@127.0.0.1:9/squad'], {}, /ECONNREFUSED/],
    ['a gateway that does not answer', ['--secrets-key-file', 'key'], { MANIFOLD_URL: 'http://127.0.0.1:9' }, /./],
  ])('changes nothing with %s', async (_, args, env, said) => {
    const inFolder = args.map((arg, index) => (args[index - 1] === '--secrets-key-file' ? join(folder, arg) : arg));
    const { code, stdout, stderr } = await importing([...inFolder, '--apply'], env);

    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toMatch(said);
    expect(await registered()).toEqual(OWN);
  });

  it(cites('operation.import-mcp-api', 'brings all that can be brought over, and the rest is named'), async () => {
    const { code, lines, stdout } = await withKey('--apply');

    expect(lines).toEqual(linesWith('imported'));
    expect(code).toBe(2);
    expect(stdout).toMatch(/^failed\tserver\tnot a name\t.*name must/m);
    expect(await registered()).toEqual(['echo', ...OWN, 'remote', 'weather'].sort());
  });

  it("serves the servers with the users' secrets and accounts", async () => {
    const call = (serverName: string, methodName: string, args = {}) =>
      rest.callTool({ username: 'alice', serverName, methodName, args });
    const received = await call('echo', 'received');
    const forecast = await call('weather', 'forecast', { city: 'Bern' });
    const { body } = await rest.request('GET', '/mcp/servers/remote/oauth?username=alice');

    expect(JSON.parse(textOf(received.body.data))).toMatchObject({ names: ['TOKEN'] });
    expect(forecast.status).toBe(200);
    expect(body).toMatchObject({ connection: { state: 'connected', scopes: ['read'] } });
  });

  it('gives nothing of users to another server of the same name', async () => {
    const { stdout } = await withKey('--apply');
    const { body: secretsOfAlice } = await rest.request('GET', '/mcp/user/servers/other?username=alice');
    const { body: account } = await rest.request('GET', '/mcp/servers/elsewhere/oauth?username=alice');

    expect(stdout).toMatch(/^failed\tserver\tother\tthis gateway has another server of this name$/m);
    expect(stdout).toMatch(/^failed\tsecret\tother: TOKEN of alice\tits server was not imported$/m);
    expect(secretsOfAlice).toMatchObject({ server: { configuredSecretNames: [] } });
    expect(account).toMatchObject({ connection: { state: 'none' } });
  });

  it('says so where there are no secrets', async () => {
    const { stderr } = await withKey('--secrets', 'vault');
    expect(stderr).toContain('The collection vault has no secrets');
  });

  it(cites('operation.import-mcp-api', 'changes nothing that is there when it is repeated'), async () => {
    await rest.setSecret({ username: 'alice', serverName: 'echo', secretName: 'TOKEN', secretValue: 'newer-value' });
    const { lines } = await withKey('--apply');

    expect(lines).toEqual(linesWith('present'));
    const { body } = await rest.callTool({ username: 'alice', serverName: 'echo', methodName: 'received', args: {} });
    const { sha256 } = JSON.parse(textOf(body.data)) as { sha256: string };
    await rest.setSecret({ username: 'alice', serverName: 'echo', secretName: 'TOKEN', secretValue: SECRET });
    const older = await rest.callTool({ username: 'alice', serverName: 'echo', methodName: 'received', args: {} });
    expect((JSON.parse(textOf(older.body.data)) as { sha256: string }).sha256).not.toBe(sha256);
  });

  it('says which roles the API key needs in production', async () => {
    const closed = await GatewayProcess.start({ env: { NODE_ENV: 'production' } });
    const key = await createApiKey(closed, 'me', 'user');
    const at = { MANIFOLD_URL: closed.url, MCP_API_SECRETS_KEY: KEY };
    const none = await importing(['--apply'], at);
    const weak = await importing(['--apply'], { ...at, MANIFOLD_TOKEN: key });
    const strong = await importing([], {
      ...at,
      MANIFOLD_TOKEN: await createApiKey(closed, 'all', 'user,operator,service'),
    });
    await closed.dispose();

    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('set MANIFOLD_TOKEN')]);
    expect([weak.code, weak.stderr]).toEqual([1, expect.stringContaining('user, operator and service')]);
    expect(strong.lines).toHaveLength(linesWith('').length);
  });
});
