import { AuthorizationServer, ProtectedUpstream } from '../simulators/oauth/index.js';
import { hasChromium, launchChromium, newPage } from '../support/chromium.js';
import { cites } from '../support/cite.js';
import { followConnectLink } from '../support/connect-link.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { WireClient } from '../support/wire-client.js';

const LINK = /http:\/\/[^\s)]+\/oauth\/connect\/[\w-]+\?link=[\w-]{43}/;

describe('A registered server that wants the tokens of an authorization server', () => {
  let authority: AuthorizationServer;
  let upstream: ProtectedUpstream;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    authority = await AuthorizationServer.start();
    upstream = await ProtectedUpstream.start(authority);
    gateway = await GatewayProcess.start();
    await register('files');
  });

  afterAll(async () => {
    await gateway?.dispose();
    await upstream?.stop();
    await authority?.stop();
  });

  const restOf = (user?: string) => new RestClient(gateway.url, { user });
  const register = (name: string) => restOf().register({ name, transportType: 'streamable_http', url: upstream.url });

  const whoamiOverRest = (user: string, serverName = 'files') =>
    restOf(user).request<{ authorizationUrl: string; data: unknown }>('POST', '/mcp/tool/call', {
      serverName,
      methodName: 'whoami',
      args: {},
    });

  async function whoami(user: string): Promise<string> {
    const { client } = await connectSdk1({ url: gateway.url, user });
    const result = await client.callTool({ name: 'files_whoami', arguments: {} });
    await client.close();
    return textOf(result);
  }

  const linkFor = async (user: string) => (await whoamiOverRest(user)).body.authorizationUrl;

  it(
    cites('oauth.connect-mcp', 'is connected from a link that a call over MCP answers, and its tools appear'),
    async () => {
      const { client } = await connectSdk1({ url: gateway.url, user: 'alice' });
      const names = async () => (await client.listTools()).tools.map(({ name }) => name);
      expect(await names()).toEqual(expect.arrayContaining(['files_connect']));
      const invitation = await client.callTool({ name: 'files_connect', arguments: {} });
      expect(invitation.isError).not.toBe(true);

      const page = await followConnectLink(LINK.exec(textOf(invitation))![0], 'alice');
      expect(page).toContain('files is connected');
      await onEvery(gateway, 'the tools are listed', async () => (await names()).includes('files_whoami'));
      expect(textOf(await client.callTool({ name: 'files_whoami', arguments: {} }))).toBe('whoami of alice');
      await client.close();
    },
  );

  it(
    cites('oauth.connect-rest', 'answers REST callers 401 with the link, also before anybody has seen its tools'),
    async () => {
      await register('fresh');
      for (const serverName of ['fresh', 'files']) {
        const refused = await whoamiOverRest('bob', serverName);
        expect(refused.status).toBe(401);
        expect(refused.body).toMatchObject({
          success: false,
          code: 'reauth_required',
          reauthRequired: true,
          serverName,
          username: 'bob',
          authorizationUrl: expect.stringMatching(LINK),
        });
      }
      await followConnectLink(await linkFor('bob'), 'bob');
      const answer = await whoamiOverRest('bob');
      expect(answer.body).toMatchObject({ success: true, data: { content: [{ text: 'whoami of bob' }] } });
    },
  );

  it(cites('oauth.users-apart', 'lets nobody in on the account of another'), async () => {
    expect((await whoamiOverRest('carol')).status).toBe(401);
    expect(await whoami('carol')).toMatch(LINK);
    const users = Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? 'alice' : 'bob'));
    const answers = await Promise.all(users.map((user) => whoamiOverRest(user)));
    expect(answers.map(({ body }) => (body.data as { content: { text: string }[] }).content[0]!.text)).toEqual(
      users.map((user) => `whoami of ${user}`),
    );
  });

  it(cites('oauth.elicitation', 'asks a client that shows URLs to take its user to the link'), async () => {
    const message = { id: 1, method: 'tools/call', params: { name: 'files_whoami', arguments: {} } };
    const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } } };
    const response = await new WireClient(gateway.url, { user: 'carol' }).modern(message, { meta });
    const text = await response.text();
    expect(text).toContain('"resultType":"input_required"');
    expect(text).toMatch(LINK);
  });

  it(cites('oauth.refresh', 'goes on without a failed call when tokens expire, and after a restart'), async () => {
    authority.rules.accessTokenSeconds = 20;
    await followConnectLink(await linkFor('dave'), 'dave');
    authority.clearRequests();
    const failed = upstream.count(401);
    await eventually('the token is refreshed before its time', async () => {
      expect((await whoamiOverRest('dave')).status).toBe(200);
      return authority.requestsTo('token:refresh_token').length > 0;
    });
    expect(upstream.count(401)).toBe(failed);
    authority.rules.accessTokenSeconds = 3600;
    await gateway.restart();
    expect(await whoami('alice')).toBe('whoami of alice');
    expect((await whoamiOverRest('dave')).status).toBe(200);
  });

  it(cites('oauth.refresh', 'is called again where it refused a token with 401, and only there'), async () => {
    expect(await whoami('alice')).toBe('whoami of alice');
    authority.expireAccessTokens();
    upstream.requests.length = 0;
    expect((await whoamiOverRest('alice')).status).toBe(200);
    expect(upstream.requests.map(({ status }) => status)).toEqual([401, 200]);
  });

  it(cites('oauth.revoked', 'asks the user again when everything was taken back'), async () => {
    authority.revoke('alice');
    const refused = await whoamiOverRest('alice');
    expect([refused.status, refused.body.code]).toEqual([401, 'reauth_required']);
    await followConnectLink(refused.body.authorizationUrl, 'alice');
    expect(await whoami('alice')).toBe('whoami of alice');
  });

  it(cites('oauth.step-up', 'gets a further scope by a link of its own'), async () => {
    const write = async () =>
      restOf('alice').request<{ authorizationUrl: string }>('POST', '/mcp/tool/call', {
        serverName: 'files',
        methodName: 'write_file',
        args: {},
      });
    const refused = await write();
    expect([refused.status, refused.body.code]).toEqual([401, 'reauth_required']);
    await followConnectLink(refused.body.authorizationUrl, 'alice');
    expect((await write()).status).toBe(200);
    expect(await whoami('alice')).toBe('whoami of alice');
  });

  it(cites('oauth.secret', 'keeps tokens and codes out of logs and answers'), async () => {
    const tokens = [...new Set(upstream.requests.flatMap(({ token }) => token ?? []))];
    expect(tokens.length).toBeGreaterThan(0);
    const { body } = await restOf('alice').request('GET', '/mcp/servers/files/oauth');
    expect(body).toMatchObject({ connection: { state: 'connected', scopes: expect.arrayContaining(['files:read']) } });
    const written = `${gateway.logs()}${JSON.stringify(body)}`;
    for (const token of tokens) expect(written).not.toContain(token);
    expect(written).not.toMatch(/[?&](code|state|link)=/);
  });

  (hasChromium ? it : it.skip)(cites('oauth.connect-mcp', 'is connected in a real browser'), async () => {
    const link = await linkFor('erin');
    const browser = await launchChromium();
    try {
      const page = await newPage(browser);
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.location().url.startsWith(gateway.url)) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(link);
      await page.getByText('erin').waitFor();
      expect(new URL(page.url()).search).toBe('');
      await page.getByRole('button', { name: 'Go on to files' }).click();
      await page.getByLabel('Who are you?').fill('erin');
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByRole('heading', { name: 'files is connected' }).waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
    expect(await whoami('erin')).toBe('whoami of erin');
  });

  it(cites('oauth.removal', 'forgets its users with the registration'), async () => {
    expect((await restOf().remove('files')).status).toBe(200);
    await register('files');
    const { body } = await restOf('bob').request('GET', '/mcp/servers/files/oauth');
    expect(body).toMatchObject({ connection: { state: 'none' } });
    expect((await whoamiOverRest('bob')).status).toBe(401);
  });
});
