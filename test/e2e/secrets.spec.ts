import { createHash } from 'node:crypto';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

interface Received {
  readonly names: string[];
  readonly sha256: string;
}

/** Returns the answer of the simulated tool `received` for these arguments. */
function received(args: Record<string, unknown>): Received {
  const names = Object.keys(args).sort();
  const json = JSON.stringify(Object.fromEntries(names.map((name) => [name, args[name]])));
  return { names, sha256: createHash('sha256').update(json).digest('hex') };
}

describe('The secrets of users', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { LOG_LEVEL: 'trace' }, sampleServer: true });
    rest = new RestClient(gateway.url);
    for (const name of ['mcp-github', 'ae', 'ae.b', 'talkative']) await rest.register({ name, ...echoServer() });
  });

  afterAll(() => gateway.dispose());

  async function argumentsOf(serverName: string, username?: string, args = {}): Promise<Received> {
    const { body } = await rest.callTool({ username, serverName, methodName: 'received', args });
    return JSON.parse(textOf(body.data)) as Received;
  }

  it(cites('secrets.injected', "reach the server as arguments of the user's calls, over REST and MCP"), async () => {
    const token = { username: 'user123', serverName: 'mcp-github', secretName: 'GITHUB_TOKEN' };
    expect(await rest.setSecret({ ...token, secretValue: 'ghp_first' })).toMatchObject({
      status: 200,
      body: { success: true },
    });
    const args = { owner: 'username', repo: 'repo-name', title: 'Issue title' };

    expect(await argumentsOf('mcp-github', 'user123', args)).toEqual(received({ ...args, GITHUB_TOKEN: 'ghp_first' }));
    expect(await argumentsOf('mcp-github', undefined, args)).toEqual(received(args));

    await rest.setSecret({ ...token, secretValue: 'ghp_second' });
    const { client } = await connectSdk1({ url: gateway.url, user: 'user123' });
    const result = await client.callTool({ name: 'mcp-github_received', arguments: args });
    await client.close();
    expect(JSON.parse(textOf(result))).toEqual(received({ ...args, GITHUB_TOKEN: 'ghp_second' }));
  });

  it('win over an argument of the same name', async () => {
    await rest.setSecret({ username: 'winner', serverName: 'mcp-github', secretName: 'KEY', secretValue: 'kept' });

    expect(await argumentsOf('mcp-github', 'winner', { KEY: 'given' })).toEqual(received({ KEY: 'kept' }));
  });

  it(cites('secrets.injected', 'belong to "default" where nobody is named'), async () => {
    await rest.setSecret({ serverName: 'talkative', secretName: 'T', secretValue: 'of-default' });

    expect(await argumentsOf('talkative', 'default')).toEqual(received({ T: 'of-default' }));
    await rest.deleteSecret({ username: 'default', serverName: 'talkative', secretName: 'T' });
    expect(await argumentsOf('talkative')).toEqual(received({}));
  });

  it(cites('secrets.deleted', 'are injected no more once they are deleted, and cannot be deleted twice'), async () => {
    const secret = { username: 'leaver', serverName: 'mcp-github', secretName: 'ONE' };
    await rest.setSecret({ ...secret, secretValue: '1' });
    await rest.setSecret({ ...secret, secretName: 'TWO', secretValue: '2' });
    expect(await argumentsOf('mcp-github', 'leaver')).toEqual(received({ ONE: '1', TWO: '2' }));

    expect(await rest.deleteSecret(secret)).toMatchObject({ status: 200, body: { success: true } });
    expect(await argumentsOf('mcp-github', 'leaver')).toEqual(received({ TWO: '2' }));
    expect(await rest.deleteSecret(secret)).toMatchObject({ status: 404, body: { code: 'secret_not_found' } });
    expect(await rest.deleteSecret({ ...secret, secretName: 'TW' })).toMatchObject({ status: 404 });
    expect(await rest.deleteSecret({ ...secret, username: 'other', secretName: 'TWO' })).toMatchObject({ status: 404 });
    expect(await argumentsOf('mcp-github', 'leaver')).toEqual(received({ TWO: '2' }));
  });

  it('are for registered servers only', async () => {
    const answer = await rest.setSecret({ serverName: 'nobody', secretName: 'T', secretValue: 'x' });

    expect(answer).toMatchObject({ status: 404, body: { success: false, code: 'server_not_found' } });
  });

  it(cites('secrets.users-apart', 'stay apart when many users call and change them at once'), async () => {
    const users = Array.from({ length: 12 }, (_, number) => `parallel-${number}`);
    const secretOf = (username: string, version: number) => ({ username, version: `${username} ${version}` });
    const set = (username: string, version: number) => {
      const secretValue = secretOf(username, version).version;
      return rest.setSecret({ username, serverName: 'mcp-github', secretName: 'version', secretValue });
    };
    await Promise.all(users.slice(0, 10).map((user) => set(user, 1)));
    const check = async (username: string, number: number): Promise<void> => {
      const own = { username, call: number };
      const answer = await argumentsOf('mcp-github', username, own);
      const known = number % 12 < 10 ? [1, 2].map((version) => secretOf(username, version)) : [];
      const possible = known.length === 0 ? [own] : known.map((secret) => ({ ...own, ...secret }));
      expect(possible.map(received)).toContainEqual(answer);
    };

    await Promise.all([
      ...Array.from({ length: 120 }, (_, number) => check(users[number % 12]!, number)),
      ...users.slice(0, 10).map((user) => set(user, 2)),
    ]);
  });

  it(cites('secrets.server-exact', 'reach their own server only, not one whose name begins like it'), async () => {
    await rest.setSecret({ username: 'exact', serverName: 'ae.b', secretName: 'OF_LONG', secretValue: '1' });
    await rest.setSecret({ username: 'exact', serverName: 'ae', secretName: 'b.OF_SHORT', secretValue: '2' });

    expect((await argumentsOf('ae', 'exact')).names).toEqual(['b.OF_SHORT']);
    expect((await argumentsOf('ae.b', 'exact')).names).toEqual(['OF_LONG']);
    expect((await argumentsOf('mcp-github', 'exact')).names).toEqual([]);
  });

  it(cites('secrets.never-shown', 'stand in no answer and no log, even when the server says them aloud'), async () => {
    const value = 'canary-7f3a91c5 "quoted" \\ and ünïcode';
    const secret = { serverName: 'everything', secretName: 'message' };
    await rest.setSecret({ ...secret, secretValue: value });
    const answers = [
      await rest.setSecret({ ...secret, secretValue: value }),
      await rest.callTool({ serverName: 'everything', methodName: 'echo', args: {} }),
      await rest.callTool({ serverName: 'everything', methodName: 'get-sum', args: { a: value } }),
      await rest.server('everything'),
      await rest.servers(),
      await rest.tools(),
      await rest.request('POST', '/secrets/set', { ...secret, secretValue: value, more: value }),
      await rest.request('GET', '/secrets'),
      await rest.request('GET', '/secrets/set'),
      await rest.request('POST', '/secrets/list', { serverName: 'everything' }),
      await rest.deleteSecret(secret),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200, 404, 404, 404, 200]);
    expect(textOf((answers[1]!.body as { data: unknown }).data)).toContain('[secret]');
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain('canary-7f3a91c5');
    expect(gateway.logs()).toContain('"level":'); // it does log
    expect(gateway.logs()).not.toMatch(/canary-7f3a91c5|ghp_|of-default/);
  });
});
