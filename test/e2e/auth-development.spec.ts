import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

describe('Callers of a gateway in development', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start();
    rest = new RestClient(gateway.url);
    await rest.register({ name: 'echo', ...echoServer() });
    for (const username of ['default', 'alice']) {
      await rest.setSecret({ username, serverName: 'echo', secretName: `OF_${username}`, secretValue: 'x' });
    }
  });

  afterAll(() => gateway.dispose());

  async function namesInMcpCall(user?: string): Promise<string[]> {
    const { client } = await connectSdk1({ url: gateway.url, user });
    const result = await client.callTool({ name: 'echo_received', arguments: {} });
    await client.close();
    return (JSON.parse(textOf(result)) as { names: string[] }).names;
  }

  async function namesInRestCall(user?: string, username?: string): Promise<string[]> {
    const caller = new RestClient(gateway.url, { user });
    const { body } = await caller.callTool({ username, serverName: 'echo', methodName: 'received', args: {} });
    return (JSON.parse(textOf(body.data)) as { names: string[] }).names;
  }

  it(cites('auth.development-user', 'are "default" without credentials, who may do everything'), async () => {
    expect(await namesInMcpCall()).toEqual(['OF_default']);
    expect(await namesInRestCall()).toEqual(['OF_default']);
    expect(await namesInRestCall(undefined, 'alice')).toEqual(['OF_alice']);
    expect((await rest.request('GET', '/auth/keys')).status).toBe(200);
  });

  it(cites('auth.development-user', 'are who ?user= says, with the rights of a user'), async () => {
    expect(await namesInMcpCall('alice')).toEqual(['OF_alice']);
    expect(await namesInRestCall('alice')).toEqual(['OF_alice']);
    expect(await namesInMcpCall('nobody yet')).toEqual([]);
    const alice = new RestClient(gateway.url, { user: 'alice' });
    expect((await alice.disable('echo')).status).toBe(403);
    const asDefault = { username: 'default', serverName: 'echo', methodName: 'received', args: {} };
    expect((await alice.callTool(asDefault)).status).toBe(403);
  });

  it.each(['', 'a%0Ab', 'x'.repeat(257), 'a&user=b'])(
    cites('auth.development-user', 'are answered 400 for a user such as %j'),
    async (user) => {
      expect((await rest.request('GET', `/mcp/servers?user=${user}`)).status).toBe(400);
    },
  );

  it.each([
    ['an API key that was never made', { authorization: `Bearer mfk_${'A'.repeat(43)}` }],
    ['an API key that was never made, in its own header', { 'x-api-key': `mfk_${'A'.repeat(43)}` }],
    ['a token of nobody', { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.' }],
    ['Basic credentials', { authorization: 'Basic YTpi' }],
    ['an empty header', { 'x-api-key': 'x' }],
  ])(cites('auth.development-wrong-401', 'are refused with %s, on REST and MCP'), async (_what, headers) => {
    for (const path of ['/mcp/servers', '/mcp/servers?user=alice', '/mcp', '/sse']) {
      expect((await fetch(`${gateway.url}${path}`, { headers })).status).toBe(401);
    }
  });

  it(cites('auth.development-wrong-401', 'may use an API key, and are then its user'), async () => {
    const { body } = await rest.request<{ key: string }>('POST', '/auth/keys', { name: 'alice', roles: [] });
    const { client } = await connectSdk1({ url: gateway.url, token: body.key, user: 'default' });
    const result = await client.callTool({ name: 'echo_received', arguments: {} });
    await client.close();

    expect(JSON.parse(textOf(result))).toMatchObject({ names: ['OF_alice'] });
  });
});
