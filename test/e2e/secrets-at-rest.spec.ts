import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasRedis } from '@manifold/bus/testing';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const SECRET = { username: 'alice', serverName: 'echo', secretName: 'TOKEN' };
const VALUE = 'canary-of-the-database-51d0';
/** A text that a user sends to a server. */
const SAID = 'canary-of-a-call-7c42';
/** A value of a server's environment. */
const SETTING = 'canary-of-a-setting-2ab9';
const ENCODINGS = ['base64', 'base64url', 'hex'] as const;

/** The ways in which these bytes have the value in them. */
const formsIn = (bytes: Buffer, value: string): (string | Buffer)[] =>
  [value, Buffer.from(value, 'utf16le'), ...ENCODINGS.map((to) => Buffer.from(value).toString(to))].filter((form) =>
    bytes.includes(form),
  );

function filesOf(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.sort().map((name) => [name, readFileSync(join(folder, name))]));
}

/** Returns digests of the files of the database, without `-shm`: that file is shared memory of SQLite's processes. */
const digests = (folder: string): string[] =>
  [...filesOf(folder)]
    .filter(([name]) => !name.endsWith('-shm'))
    .map(([name, bytes]) => `${name} ${createHash('sha256').update(bytes).digest('hex')}`);

describe('Secrets at rest', () => {
  let gateway: GatewayProcess | undefined;

  afterEach(() => gateway?.dispose());

  async function prepare(env: Record<string, string>): Promise<GatewayProcess> {
    gateway = await GatewayProcess.start({ env });
    const rest = new RestClient(gateway.url);
    await rest.register({ name: 'echo', ...echoServer('--ledger=/dev/null') });
    await rest.setSecret({ ...SECRET, secretValue: VALUE });
    return gateway;
  }

  const namesInCall = async ({ url }: GatewayProcess): Promise<string> => {
    const call = { username: 'alice', serverName: 'echo', methodName: 'received', args: {} };
    return textOf((await new RestClient(url).callTool(call)).body.data);
  };

  it(
    cites('secrets.sealed', 'secrets.development-key', 'are sealed under a key that development makes and finds again'),
    async () => {
      const running = await prepare({});
      const before = await namesInCall(running);
      expect(before).toContain('TOKEN');

      const files = filesOf(running.dataDir);
      const all = Buffer.concat([...files.values()]);
      expect(all.includes('--ledger=/dev/null')).toBe(true); // so this would find a value, too
      expect(formsIn(all, VALUE)).toEqual([]);
      const key = files.get('secrets.key')!;
      expect(key.toString()).toMatch(/^[\w-]{43}\n$/);
      expect(statSync(join(running.dataDir, 'secrets.key')).mode & 0o777).toBe(0o600);
      expect(
        [...files].filter(([name, bytes]) => name !== 'secrets.key' && bytes.includes(key.toString().trim())),
      ).toEqual([]);

      await running.restart();
      expect(await namesInCall(running)).toBe(before);
      expect(readFileSync(join(running.dataDir, 'secrets.key'))).toEqual(key);
    },
  );

  it(cites('secrets.wrong-key', 'stop the start under another key, and nothing is written'), async () => {
    const SECRETS_KEY = 'jX2vP0dqY7mB4sKc8hT1rWn6gEz3uLa9';
    const running = await prepare({ SECRETS_KEY });
    const before = await namesInCall(running);
    await running.stop();
    const stored = digests(running.dataDir);
    expect(stored.length).toBeGreaterThan(0);

    const wrongKey = { DATA_DIR: running.dataDir, SECRETS_KEY: 'another-key-Qw8eRt5yUi2oPa7sDf4gHj1k' };
    const start = GatewayProcess.start({ env: { NODE_ENV: 'production', ...wrongKey } });
    await expect(start).rejects.toThrow(/\nManifold cannot start: .*SECRETS_KEY/);
    await expect(start).rejects.not.toThrow(/another-key|jX2vP0|    at /);
    expect(digests(running.dataDir)).toEqual(stored);

    await running.restart();
    expect(await namesInCall(running)).toBe(before);
  });
});

describe('Settings of servers and messages at rest', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start();
  });
  afterAll(() => gateway?.dispose());

  it('are sealed: environment, headers, URLs, arguments that are keys, and events of streams', async () => {
    const canary = (where: string): string => `canary-${where}-9b1e`;
    const rest = new RestClient(gateway.url);
    const { command, args } = echoServer('--ledger=/dev/null', `--api-key=${canary('argument')}`);
    await rest.register({ name: 'echo', command, args, env: { ANY_NAME: canary('environment') } });
    await rest.register({
      name: 'remote',
      transportType: 'streamable_http',
      url: `http://127.0.0.1:9/mcp?team=${canary('url')}`,
      headers: { 'X-Any-Name': canary('header') },
      enabled: false,
    });
    const { client } = await connectSdk1({ url: gateway.url });
    const onprogress = (): void => undefined; // its messages make the answer a stream, which can be resumed
    await client.callTool({ name: 'echo_slow', arguments: { ms: 20, steps: 2 } }, undefined, { onprogress });

    const database = (): Buffer =>
      Buffer.concat([...filesOf(gateway.dataDir)].filter(([name]) => name !== 'secrets.key').map(([, bytes]) => bytes));
    await eventually('the events are stored', () => database().includes('"events":[],"confidential"'));
    expect(database().includes('--ledger=/dev/null')).toBe(true); // so this would find a value, too
    const values = ['argument', 'environment', 'url', 'header'].map(canary);
    expect([...values, 'notifications/progress'].flatMap((value) => formsIn(database(), value))).toEqual([]);
    await client.close();

    const shown = [
      await rest.text('/servers/export'),
      await rest.text('/mcp/servers'),
      await rest.text('/mcp/servers/echo'),
      await rest.text('/mcp/servers/remote'),
    ].join('\n');
    expect(values.filter((value) => shown.includes(value))).toEqual([]);
    expect(shown).toContain('--api-key=[hidden]');
    expect(shown).toContain('${input:remote.headers.X-Any-Name}');
  });
});

(hasRedis ? describe : describe.skip)('Secrets of two replicas', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ replicas: 2 });
  });

  afterAll(() => gateway.dispose());

  it(cites('secrets.sealed', 'replicas.sealed', 'are in nothing that MongoDB and Redis get to see'), async () => {
    const { toMongo, toRedis } = gateway.shared;
    const [toldMongo, toldRedis] = [toMongo.overhear(), toRedis.overhear()];
    const rest = new RestClient(gateway.url);
    // It runs on one of the two: what the other is asked for goes over Redis, with the secrets in it.
    const env = { TOKEN_OF_THE_SERVER: SETTING };
    const settings = { ...echoServer('--ledger=/dev/null'), env, replicas: 'one' };
    await rest.request('POST', '/mcp/servers', { name: 'echo', ...settings });
    await rest.setSecret({ ...SECRET, secretValue: VALUE });
    for (const { url } of gateway.replicas) {
      const call = { username: 'alice', serverName: 'echo', methodName: 'received', args: {} };
      expect(textOf((await new RestClient(url).callTool(call)).body.data)).toContain('TOKEN');
    }
    // The replica that has the stream is not always the one that gets the message.
    const { client } = await connectSdk1Sse({ url: gateway.url });
    for (let count = 0; count < 4; count += 1) {
      const answer = await client.callTool({ name: 'echo_echo', arguments: { message: SAID } });
      expect(textOf(answer)).toBe(SAID);
    }
    await client.close();

    expect(toldMongo().includes('--ledger=/dev/null')).toBe(true); // so this would find a value, too
    expect([VALUE, SETTING, SAID].flatMap((value) => formsIn(toldMongo(), value))).toEqual([]);
    expect(toldRedis().includes('manifold:replica:')).toBe(true);
    expect(gateway.logs()).not.toContain('this replica works alone'); // the keys were there before it spoke
    expect([VALUE, SETTING, SAID].flatMap((value) => formsIn(toldRedis(), value))).toEqual([]);
  });
});
