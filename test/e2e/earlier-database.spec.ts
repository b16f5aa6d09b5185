import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';

const fixture = (name: string): Buffer => gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures', name)));

/**
 * A database that the gateway wrote before its code was laid out anew: a server without files of its own, a secret of Alice for it, a
 * tenant, and an API key of each of the two tenants.
 */
const DATABASE = fixture('database-before-0.2.db.gz');
/**
 * A database of the last version that stored settings of servers in the clear. The servers `program` and `remote` have canaries in their
 * environment, arguments, URL and headers. Alice has a secret for `program`.
 */
const CLEAR_DATABASE = fixture('database-before-0.2-settings.db.gz');
const SECRETS_KEY = 'jX2vP0dqY7mB4sKc8hT1rWn6gEz3uLa9';
const KEY = 'mfk_lzdTIJLRedDRXXDzMzQSzcbXG5hBOAJwm7Sl-2fMMCc';
const TENANT_KEY = 'mfk_mIc1qWQHf5QyVSLXb7iUSA9AX0SBCJC1rn79Jk3iNhs';
const CALL = { username: 'alice', serverName: 'digest', methodName: 'digest', args: {} };

/** Starts a gateway on a copy of a database. */
async function startOn(database: Buffer, env: Record<string, string>): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start({ replicas: 1, env });
  await gateway.kill9();
  mkdirSync(gateway.dataDir, { recursive: true });
  for (const file of ['manifold.db-wal', 'manifold.db-shm']) writeFileSync(join(gateway.dataDir, file), '');
  writeFileSync(join(gateway.dataDir, 'manifold.db'), database);
  await gateway.restart();
  return gateway;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('A database of an earlier version', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await startOn(DATABASE, { NODE_ENV: 'production', SECRETS_KEY });
  });
  afterAll(() => gateway?.dispose());

  it('opens unchanged, with its keys, servers, tenants and sealed secrets', async () => {
    const me = new RestClient(gateway.url, { token: KEY });

    expect((await me.servers()).body.servers.map(({ name }) => name)).toEqual(['digest']);
    const received = sha256(JSON.stringify({ TOKEN: 'kept over the upgrade' }));
    expect(textOf((await me.callTool(CALL)).body.data)).toBe(received);

    const robot = new RestClient(gateway.url, { token: TENANT_KEY });
    expect((await robot.servers()).body.servers).toEqual([]);
  });
});

describe('A database with settings in the clear', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await startOn(CLEAR_DATABASE, { SECRETS_KEY });
    rest = new RestClient(gateway.url);
  });
  afterAll(() => gateway?.dispose());

  const files = (): Buffer =>
    Buffer.concat(
      readdirSync(gateway.dataDir)
        .filter((name) => /^manifold\.db(-wal)?$/.test(name))
        .map((name) => readFileSync(join(gateway.dataDir, name))),
    );
  const digest = () => rest.callTool({ ...CALL, serverName: 'program' });
  const received = (environment: string): string =>
    sha256(JSON.stringify([environment, ['--api-key', 'canary-of-an-argument'], { TOKEN: 'secret of alice' }]));

  it('is sealed on the first start, and leaves nothing in the file', () => {
    expect(CLEAR_DATABASE.toString('latin1').match(/canary-of-[a-z-]+/g)).toEqual(
      expect.arrayContaining(
        ['an-argument', 'the-environment', 'a-url', 'a-header'].map((where) => `canary-of-${where}`),
      ),
    );
    expect(files().includes('"name":"program"')).toBe(true); // so this would find a value, too
    expect(files().includes('canary')).toBe(false);
  });

  it('starts its servers with the settings and secrets that they had, also at the next start', async () => {
    expect(textOf((await digest()).body.data)).toBe(received('canary-of-the-environment'));
    await gateway.restart();
    rest = new RestClient(gateway.url);
    expect(textOf((await digest()).body.data)).toBe(received('canary-of-the-environment'));
    const { body } = await rest.request<{ server: object }>('GET', '/mcp/servers/remote');
    expect(body.server).toMatchObject({
      url: 'http://127.0.0.1:9/mcp?api_key=[hidden]',
      headers: { Authorization: '[hidden]' },
    });
  });

  it('keeps the secrets of users for the program that they were given to', async () => {
    const { body } = await rest.request<{ server: { args: string[] } }>('GET', '/mcp/servers/program');
    const [flag, code, ...more] = body.server.args;
    const changed = { args: [flag!, `${code};`, ...more] };
    expect((await rest.update('program', changed)).status).toBe(400);
    const given = { ...changed, args: [flag!, `${code};`, '--', '--api-key', 'canary-of-an-argument'] };
    expect((await rest.update('program', { ...given, env: { GITHUB_TOKEN: 'new' } })).status).toBe(200);
    const refused = await digest();
    expect(refused.status).not.toBe(200);
    expect(refused.body.error).toContain('POST /secrets/confirm');

    const view = await rest.request<{ server: { destination: string; sleepingSecretNames: string[] } }>(
      'GET',
      '/mcp/user/servers/program?username=alice',
    );
    expect(view.body.server.sleepingSecretNames).toEqual(['TOKEN']);
    const confirmation = { username: 'alice', serverName: 'program', destination: view.body.server.destination };
    const other = await rest.request('POST', '/secrets/confirm', { ...confirmation, destination: 'program:other' });
    expect([other.status, other.body.code]).toEqual([409, 'other_destination']);
    const confirmed = await rest.request('POST', '/secrets/confirm', confirmation);
    expect([confirmed.status, confirmed.body.confirmed]).toEqual([200, ['TOKEN']]);
    expect(textOf((await digest()).body.data)).toBe(received('new'));
  });
});
