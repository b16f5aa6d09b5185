import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess, REPLICAS } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { IntegrationAppSimulator, Workspace } from '../simulators/integration-app/index.js';

const SEND = { name: 'gmail_send-email', arguments: { to: 'ada@example.com' } };
const GMAIL = ['gmail_list-labels', 'gmail_read-email', 'gmail_send-email'];

const workspace = Workspace.withSecret();
/** Access tokens that came in a URL or a header. */
const used: string[] = [];
let simulator: IntegrationAppSimulator;
let gateway: GatewayProcess;

beforeAll(async () => {
  simulator = await IntegrationAppSimulator.start({ workspace });
  simulator.connect('alice', 'gmail');
  simulator.connect('bob', 'google-docs');
  gateway = await start(workspace.settings);
});

afterEach(() => simulator.behave());

afterAll(async () => {
  await gateway?.dispose();
  await simulator.stop();
});

const start = (settings: Record<string, string>): Promise<GatewayProcess> =>
  GatewayProcess.start({ env: { NODE_ENV: 'production', LOG_LEVEL: 'debug', ...simulator.settings, ...settings } });

type Transport = SSEClientTransport | StreamableHTTPClientTransport;

async function useTools(transport: Transport): Promise<{ names: string[]; sent: unknown }> {
  const client = new Client({ name: 'example-integration-app-mcp-client', version: '1.0.0' });
  await client.connect(transport);
  const { tools } = await client.listTools();
  const sent = JSON.parse(textOf(await client.callTool(SEND))) as unknown;
  await client.close();
  return { names: tools.map(({ name }) => name), sent };
}

describe('the client examples of the specification, in production', () => {
  const bearer = (token: string) => ({ requestInit: { headers: { Authorization: `Bearer ${token}` } } });

  it.each<[string, (token: string) => Transport]>([
    ['SSE with a header', (token) => new SSEClientTransport(new URL(`${gateway.url}/sse`), bearer(token))],
    ['HTTP with a header', (token) => new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), bearer(token))],
    ['SSE with nothing but a URL', (token) => new SSEClientTransport(new URL(`${gateway.url}/sse?token=${token}`))],
    [
      'HTTP with nothing but a URL',
      (token) => new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp?token=${token}`)),
    ],
  ])(cites('integration-app.tokens', 'integration-app.query-token', 'work: %s'), async (_title, transportFor) => {
    for (const token of [await workspace.token('alice'), await workspace.newerToken('alice')]) {
      const { names, sent } = await useTools(transportFor(token));
      expect(names).toEqual(GMAIL);
      expect(sent).toMatchObject({ user: 'alice', action: 'gmail/send-email', input: SEND.arguments });
      used.push(token);
    }
  });
});

describe('the modes of the specification', () => {
  const connect = async (query: string, user = 'alice', headers: Record<string, string> = {}) => {
    const authorization = `Bearer ${await workspace.token(user)}`;
    const client = new Client({ name: 'example-integration-app-mcp-client', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp${query}`), {
      requestInit: { headers: { Authorization: authorization, ...headers } },
    });
    await client.connect(transport);
    const names = async () => (await client.listTools()).tools.map(({ name }) => name);
    return { client, names, session: transport.sessionId, authorization };
  };

  it(cites('integration-app.modes', 'dynamic: tools are enabled by the names that the example uses'), async () => {
    simulator.connect('gina', 'gmail');
    simulator.clearRequests();
    const { client, names } = await connect('?mode=dynamic', 'gina');
    expect(await names()).toContain('enable-tools');
    expect(simulator.requestsTo('/connections')).toEqual([]);
    await client.callTool({ name: 'enable-tools', arguments: { tools: ['gmail-send-email', 'gmail-read-email'] } });
    expect((await names()).filter((name) => name.startsWith('gmail'))).toEqual([
      'gmail_send-email',
      'gmail_read-email',
    ]);
    expect(JSON.parse(textOf(await client.callTool(SEND)))).toMatchObject({ user: 'gina' });
    await client.close();
  });

  it(
    cites('integration-app.modes', 'apps: only the tools of these, and of one without a connection none'),
    async () => {
      for (const app of ['gmail', 'google-docs']) simulator.connect('frank', app);
      for (const [query, apps] of [
        ['?apps=google-docs', ['google-docs']],
        ['?apps=gmail,google-docs', ['gmail', 'google-docs']],
        ['?apps=hubspot', []],
      ] as const) {
        const { client, names } = await connect(query, 'frank');
        expect([...new Set((await names()).map((name) => name.split('_')[0]))].sort()).toEqual([...apps]);
        await client.close();
      }
    },
  );

  it(
    cites('integration-app.chats', 'chats of two users with one id are two sessions, and each sees its own'),
    async () => {
      const chat = { 'x-chat-id': 'my-awesome-chat-123' };
      const [alice, bob] = [await connect('', 'alice', chat), await connect('', 'bob', chat)];
      for (const { authorization, session } of [alice, bob]) {
        const response = await fetch(`${gateway.url}/mcp/sessions`, { headers: { authorization } });
        expect(await response.json()).toEqual({ 'my-awesome-chat-123': session });
      }
      expect(alice.session).not.toBe(bob.session);
      await Promise.all([alice.client.close(), bob.client.close()]);
    },
  );
});

describe('a token that is not good', () => {
  it.each<[string, () => Promise<string>]>([
    ['expired', () => workspace.token('alice', { exp: 1 })],
    ['without an end', () => workspace.token('alice', { exp: undefined })],
    ['of another workspace', () => workspace.token('alice', { iss: 'other' })],
    ['of another signer', () => Workspace.withSecret().token('alice', { iss: workspace.key })],
    ['of no tenant', () => workspace.newerToken('alice', { tenantKey: undefined })],
  ])(cites('integration-app.tokens', 'opens nothing: %s'), async (_title, make) => {
    const token = await make();
    used.push(token);
    for (const path of ['/mcp', '/sse', '/messages', '/mcp/tools']) {
      const headers = { authorization: `Bearer ${token}` };
      const inHeader = await fetch(`${gateway.url}${path}`, { headers, method: path === '/messages' ? 'POST' : 'GET' });
      const inQuery = await fetch(`${gateway.url}${path}?token=${token}`);
      expect([path, inHeader.status]).toEqual([path, 401]);
      expect(inHeader.headers.get('www-authenticate')).toContain('invalid_token');
      if (path !== '/messages') expect([path, inQuery.status]).toEqual([path, 401]);
    }
  });
});

describe('callers of other issuers', () => {
  it(
    cites('integration-app.minted', 'get the tools of their own connections, by a token that is made in their name'),
    async () => {
      const service = new RestClient(gateway.url, { token: await createApiKey(gateway, 'service', 'service') });
      const call = { serverName: 'gmail', methodName: 'send-email', args: SEND.arguments };
      const answer = await service.request('POST', '/mcp/tool/call', { ...call, username: 'alice' });
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).toContain('\\"user\\":\\"alice\\"');
      expect((await service.request('POST', '/mcp/tool/call', { ...call, username: 'bob' })).status).toBe(404);
    },
  );

  it(cites('integration-app.disconnected', 'hear why an integration offers nothing'), async () => {
    simulator.connect('dora', 'hubspot');
    simulator.disconnect('dora', 'hubspot');
    const service = new RestClient(gateway.url, { token: await createApiKey(gateway, 'service-2', 'service') });
    const call = { serverName: 'hubspot', methodName: 'create-contact', username: 'dora', args: {} };
    const answer = await service.request('POST', '/mcp/tool/call', call);
    expect(answer.status).toBe(503);
    expect(JSON.stringify(answer.body)).toContain('disconnected: reconnect it');
  });
});

describe('an upstream that is down', () => {
  it(
    cites('integration-app.upstream-down', 'does not keep a session from opening, and its tools come when it is back'),
    async () => {
      simulator.always('/connections', { status: 503 });
      simulator.connect('erin', 'gmail');
      const { client } = await connectSdk1({ url: gateway.url, token: await workspace.token('erin') });
      expect((await client.listTools()).tools).toEqual([]);
      simulator.behave();
      const names = async () => (await client.listTools()).tools.map(({ name }) => name);
      const areBack = async () => {
        for (let replica = 0; replica < REPLICAS; replica += 1) if ((await names()).length === 0) return false;
        return true;
      };
      await eventually('its tools are back', areBack);
      expect(await names()).toEqual(GMAIL);
      await client.close();
    },
  );

  it(cites('integration-app.errors', 'tells the model what to do about a run that fails'), async () => {
    const { client } = await connectSdk1({ url: gateway.url, token: await workspace.token('alice') });
    simulator.next('gmail/send-email', { status: 429, retryAfter: '7' });
    const limited = await client.callTool(SEND);
    simulator.next('gmail/send-email', {
      status: 400,
      json: { type: 'connection', key: 'connection_is_defunct', message: 'It is defunct', data: {} },
    });
    const defunct = await client.callTool(SEND);
    simulator.next('gmail/send-email', { status: 500 });
    const broken = await client.callTool(SEND);
    await client.close();

    expect([limited.isError, defunct.isError, broken.isError]).toEqual([true, true, true]);
    expect(textOf(limited)).toMatch(/HTTP 429.*Try again in 7 seconds/);
    expect(textOf(defunct)).toMatch(/It is defunct.*The user has to reconnect Gmail/);
    expect(textOf(broken)).toMatch(/HTTP 500.*may or may not have had an effect/);
  });
});

describe('forward-only mode', () => {
  it(
    cites('integration-app.forward-only', 'passes tokens on, and keeps whoever makes one up away from everything else'),
    async () => {
      const forwarding = await start({ INTEGRATION_APP_FORWARD_ONLY: 'true' });
      const registered = { name: 'files', ...echoServer() };
      const admin = new RestClient(forwarding.url, { token: await createApiKey(forwarding, 'admin', 'operator') });
      await admin.request('POST', '/mcp/servers', registered);

      const { client } = await connectSdk1({ url: forwarding.url, token: await workspace.token('alice') });
      const { tools } = await client.listTools();
      await client.close();
      const forged = await Workspace.withSecret().token('alice', { iss: workspace.key });
      const stranger = new RestClient(forwarding.url, { token: forged });
      const listing = await stranger.request('GET', '/mcp/tools');
      const servers = await stranger.request('GET', '/mcp/servers');
      const call = await stranger.request('POST', '/mcp/tool/call', {
        serverName: 'files',
        methodName: 'echo',
        args: {},
      });
      await forwarding.dispose();

      expect(tools.map(({ name }) => name)).toEqual(GMAIL);
      expect(listing.body).toMatchObject({ success: true, tools: [] });
      expect([servers.status, call.status]).toEqual([403, 404]);
    },
  );

  it(
    cites(
      'integration-app.forward-only-user',
      'keeps the chats of a user over a new token, and shows a forged one none',
    ),
    async () => {
      const forwarding = await start({ INTEGRATION_APP_FORWARD_ONLY: 'true' });
      const chats = async (token: string): Promise<unknown> =>
        (await fetch(`${forwarding.url}/mcp/sessions?token=${token}`)).json();
      const open = async (token: string): Promise<string> => {
        const response = await fetch(`${forwarding.url}/mcp/`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            accept: 'application/json',
            'x-chat-id': 'my chat',
          },
          body: JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'initialize',
            params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'agent', version: '1' } },
          }),
        });
        await response.text();
        return response.headers.get('mcp-session-id')!;
      };
      const lost = async (token: string, session: string): Promise<unknown> => {
        const response = await fetch(`${forwarding.url}/mcp`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${token}`, 'mcp-session-id': session },
        });
        const { error } = (await response.json()) as { error: { code: number } };
        return [response.status, error.code];
      };
      const [first, next] = [
        await workspace.token('alice', { name: 'first' }),
        await workspace.token('alice', { name: 'next' }),
      ];
      const forged = await Workspace.withSecret().token('alice', { iss: workspace.key });

      const session = await open(first);
      const continued = await open(next);
      const stolen = await open(forged);
      const seen = [await chats(first), await chats(next), await chats(forged)];
      const refused = await lost(forged, session);
      await forwarding.dispose();

      expect(continued).toBe(session);
      expect(stolen).not.toBe(session);
      expect(seen).toEqual([{ 'my chat': session }, { 'my chat': session }, { 'my chat': stolen }]);
      expect(refused).toEqual([404, -32000]);
    },
  );
});

it(
  cites(
    'integration-app.query-token',
    'leaves no token in the log, and one line on each caller whose token stood in the URL',
  ),
  async () => {
    await gateway.stop();
    const text = gateway.logs();
    const lines = text.split('\n');
    expect(used.length).toBeGreaterThan(10);
    for (const token of used) {
      for (const part of token.split('.').slice(1)) expect(text).not.toContain(part);
    }
    const warnings = lines.filter((line) => line.includes('is deprecated') && line.includes('alice'));
    expect(warnings).toHaveLength(REPLICAS);
    expect(lines.filter((line) => line.includes('"path":"/messages"')).length).toBeGreaterThan(1);
  },
);
