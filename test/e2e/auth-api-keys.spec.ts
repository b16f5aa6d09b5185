import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { admin } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const FOUR_SECONDS = 4000;

interface NewKey {
  readonly id: string;
  readonly key: string;
}

describe('Services', () => {
  let gateway: GatewayProcess;
  let root: RestClient;

  const as = (token?: string): RestClient => new RestClient(gateway.url, { token });

  async function newKey(name: string, more: object = {}): Promise<NewKey> {
    const { status, body } = await root.request<NewKey>('POST', '/auth/keys', { name, roles: [], ...more });
    expect(status).toBe(200);
    return body;
  }

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production' } });
    root = as(await admin(gateway, 'create-key', '--name', 'root', '--roles', 'admin,operator'));
    await root.register({ name: 'echo', ...echoServer() });
  });

  afterAll(() => gateway.dispose());

  it(cites('auth.api-key', 'use an API key over REST and MCP, until it is revoked'), async () => {
    const { id, key } = await newKey('short-lived');
    const { client } = await connectSdk1({ url: gateway.url, token: key });
    const call = () => client.callTool({ name: 'echo_echo', arguments: { message: 'hi' } });
    expect(textOf(await call())).toBe('hi');
    expect((await as(key).servers()).status).toBe(200);
    const byHeader = () => fetch(`${gateway.url}/mcp/servers`, { headers: { 'x-api-key': key } });
    expect((await byHeader()).status).toBe(200);

    expect((await root.request('DELETE', `/auth/keys/${id}`)).status).toBe(200);
    expect((await as(key).servers()).status).toBe(401);
    expect((await byHeader()).status).toBe(401);
    await expect(call()).rejects.toThrow(/401|unauthori|not valid/i);
    await client.close();
  });

  it(cites('auth.api-key', 'are refused some seconds after the command line has revoked their key'), async () => {
    const key = await admin(gateway, 'create-key', '--name', 'of-the-command-line', '--roles', 'user');
    expect((await as(key).servers()).status).toBe(200);
    const line = (await admin(gateway, 'list-keys')).split('\n').find((each) => each.includes('of-the-command-line'))!;
    await admin(gateway, 'revoke-key', line.split('\t')[0]!);

    await eventually('the key is refused', async () => (await as(key).servers()).status === 401);
  });

  it(cites('auth.api-key', 'are refused when their key has expired'), async () => {
    const expiresAt = Date.now() + FOUR_SECONDS;
    const { key } = await newKey('passing', { expiresAt: new Date(expiresAt).toISOString() });
    const before = (await as(key).servers()).status;
    const inTime = Date.now() < expiresAt;
    await eventually('the key is refused', async () => (await as(key).servers()).status === 401);

    if (inTime) expect(before).toBe(200);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
  });

  it('find no key in what the gateway keeps or logs', async () => {
    const { id, key } = await newKey('unseen');
    const { body } = await root.request('GET', '/auth/keys');

    expect(JSON.stringify(body)).toContain(id);
    expect(JSON.stringify(body)).not.toContain('mfk_');
    expect((await as(key).servers()).status).toBe(200);
    for (const entry of readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) expect(readFileSync(join(entry.parentPath, entry.name)).includes(key)).toBe(false);
    }
    expect(gateway.logs()).not.toContain('mfk_');
  });
});
