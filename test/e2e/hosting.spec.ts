import { join } from 'node:path';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { commandLine } from '../support/process-tree.js';
import { itOnOne, onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const ACCOUNT_SERVER = join(import.meta.dirname, '../support/account-server.mjs');
const ACCOUNT = {
  command: process.execPath,
  args: [ACCOUNT_SERVER],
  isolation: 'user',
  secretsAs: 'environment',
  secretNames: ['ACCOUNT_TOKEN'],
};

describe('An unmodified server that reads its token from the environment', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start();
    rest = new RestClient(gateway.url);
    await rest.request('POST', '/mcp/servers', { name: 'account', ...ACCOUNT });
    await Promise.all(['alice', 'bob'].map((user) => setToken(user)));
    await onEvery(gateway, 'its tools are listed', async () => (await toolsOf('alice')).length > 0);
  });

  afterAll(() => gateway.dispose());

  const setToken = (username: string, secretValue = `token-of-${username}`) =>
    new RestClient(gateway.url, { user: username }).setSecret({
      serverName: 'account',
      secretName: 'ACCOUNT_TOKEN',
      secretValue,
    });

  async function toolsOf(user: string): Promise<string[]> {
    const { client } = await connectSdk1({ url: gateway.url, user });
    const { tools } = await client.listTools();
    await client.close();
    return tools.map(({ name }) => name).filter((name) => name.startsWith('account_'));
  }

  const processes = (): number[] =>
    gateway.children().filter((pid) => commandLine(pid).endsWith(ACCOUNT_SERVER) && !/prlimit/.test(commandLine(pid)));

  itOnOne(
    cites('hosting.users-apart', 'serves two users at once, each with an account and a memory of their own'),
    async () => {
      const talk = async (user: string): Promise<string[]> => {
        const { client } = await connectSdk1({ url: gateway.url, user });
        const call = async (name: string, args = {}) =>
          textOf(await client.callTool({ name: `account_${name}`, arguments: args }));
        await call('remember', { what: `the secret plan of ${user}` });
        const answers = await Promise.all(Array.from({ length: 20 }, () => call('whoami')));
        const recalled = await call('recall');
        await client.close();
        return [...new Set(answers), recalled];
      };
      const [alice, bob] = await Promise.all(['alice', 'bob'].map(talk));

      expect(alice).toEqual(['alice', 'the secret plan of alice']);
      expect(bob).toEqual(['bob', 'the secret plan of bob']);
      expect(processes()).toHaveLength(2);
    },
  );

  it(cites('hosting.users-apart', 'is not available to a user without a token'), async () => {
    const answer = await rest.callTool({ serverName: 'account', methodName: 'whoami', args: {} });

    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.body.error).toBe('Server account is not available');
  });

  itOnOne(cites('hosting.secret-change', 'works with the new token from the next call on'), async () => {
    const { client } = await connectSdk1({ url: gateway.url, user: 'alice' });
    const whoami = async () => textOf(await client.callTool({ name: 'account_whoami', arguments: {} }));
    expect(await whoami()).toBe('alice');
    await setToken('alice', 'token-of-alice-of-the-other-team');
    expect(await whoami()).toBe('alice-of-the-other-team');
    await setToken('alice');
    expect(await whoami()).toBe('alice');
    await client.close();
    await eventually('the processes of the old tokens are gone', () => processes().length <= 2);
  });

  it(cites('hosting.secret-scrubbed', 'does not get its token past the gateway'), async () => {
    const { client } = await connectSdk1({ url: gateway.url, user: 'bob' });
    const result = await client.callTool({ name: 'account_echo-token', arguments: {} });
    await client.close();

    expect(textOf(result)).toBe('My token is [secret]');
    expect(gateway.logs()).not.toContain('token-of-');
  });

  it(cites('hosting.listed-from-store', 'is listed without a process after a restart of the gateway'), async () => {
    await gateway.restart();

    expect(await toolsOf('carol')).toEqual([
      'account_whoami',
      'account_remember',
      'account_recall',
      'account_echo-token',
    ]);
    await eventually('its introduction is over', () => processes().length === 0);
  });

  it(
    cites('hosting.settings', 'is refused with settings that do not go together, by the name of the field'),
    async () => {
      const attempt = async (settings: object) => {
        const body = { name: 'refused', ...ACCOUNT, ...settings };
        const answer = await rest.request<{ errors: { pointer: string }[] }>('POST', '/mcp/servers', body);
        return [answer.status, answer.body.errors[0]?.pointer];
      };

      expect(await attempt({ isolation: 'shared' })).toEqual([400, '/isolation']);
      expect(await attempt({ secretNames: [] })).toEqual([400, '/secretNames']);
      expect(await attempt({ secretsAs: 'headers' })).toEqual([400, '/secretsAs']);
      expect(await attempt({ limits: { memoryMb: 'much' } })).toEqual([400, '/limits/memoryMb']);
    },
  );
});

describe('A parameter that a secret fills', () => {
  it(cites('hosting.secret-parameters', 'disappears from the listing, and clients are told'), async () => {
    const gateway = await GatewayProcess.start();
    const rest = new RestClient(gateway.url);
    await rest.register({ name: 'echoing', ...echoServer() });
    const { client } = await connectSdk1({ url: gateway.url });
    const parameters = async (): Promise<string[]> => {
      const { tools } = await client.listTools();
      return Object.keys(tools.find(({ name }) => name === 'echoing_echo')!.inputSchema.properties ?? {});
    };
    let told = false;
    client.fallbackNotificationHandler = async ({ method }) => {
      if (method === 'notifications/tools/list_changed') told = true;
    };
    expect(await parameters()).toContain('message');
    await rest.setSecret({ serverName: 'echoing', secretName: 'message', secretValue: 'of the vault' });
    await onEvery(gateway, 'the parameter is gone', async () => !(await parameters()).includes('message'));
    await eventually('the client was told', () => told);
    const result = await client.callTool({ name: 'echoing_echo', arguments: { message: 'of the model' } });
    await client.close();
    await gateway.dispose();

    expect(textOf(result)).toContain('[secret]');
    expect(textOf(result)).not.toContain('of the model');
  });
});
