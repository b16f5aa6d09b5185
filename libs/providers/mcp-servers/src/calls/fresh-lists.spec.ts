import { json, RawHttpServer } from '../../../../mcp-client/testing/src/raw-http-server.js';
import { openCall } from '@manifold/tool-provider';
import { TestGateway, until } from '../../testing/src/gateway.js';

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } });

afterAll(() => TestGateway.destroyAll());

/** It keeps no session and no stream, so it cannot say that its tools have changed. */
describe('the tools of a server that announces nothing', () => {
  let gateway: TestGateway;
  let server: RawHttpServer;
  let tools: object[];
  let listed: number;
  let announced: number;
  /** The answer to calls of tools that it does not have. */
  let unknown: object;
  /** Listings are answered when it has resolved. */
  let held: Promise<void> | undefined;
  /** Whether listings fail. */
  let isBroken: boolean;

  beforeEach(async () => {
    tools = [tool('old')];
    [listed, announced] = [0, 0];
    held = undefined;
    isBroken = false;
    unknown = { error: { code: -32602, message: 'Unknown tool: old' } };
    server = await RawHttpServer.start(async ({ id, method, params }, response) => {
      if (method === 'tools/list') {
        listed += 1;
        await held;
        if (isBroken) return json(response, { id, error: { code: -32603, message: 'no database' } });
        return json(response, { id, result: { tools } });
      }
      if (method !== 'tools/call') return json(response, { id, error: { code: -32601, message: 'Method not found' } });
      const isKnown = tools.some((one) => 'name' in one && one.name === params?.name);
      json(response, { id, ...(isKnown ? { result: { content: [] } } : unknown) });
    });
    server.hasSessions = false;
  });
  afterEach(async () => {
    await gateway.destroy();
    await server.stop();
  });

  const startWith = async (environment: Record<string, string> = {}): Promise<void> => {
    gateway = await TestGateway.start({ environment });
    await gateway.rest('POST', '/mcp/servers', { name: 'far', transportType: 'streamable_http', url: server.url });
    await until(async () => (await names()).includes('far_old'));
    gateway.provider.onToolsChanged(() => (announced += 1));
  };
  const names = async (): Promise<string[]> => (await gateway.list()).map(({ publicName }) => publicName);

  it('are listed again and again, and announced only when they have changed', async () => {
    await startWith({ TOOL_LIST_TTL_MS: '100' });
    const before = listed;
    await until(() => listed > before + 1);
    expect(announced).toBe(0);
    tools = [tool('old'), tool('fresh')];
    await until(() => announced > 0);
    expect(await names()).toEqual(['far_old', 'far_fresh']);
  });

  it.each<[string, object]>([
    ['an error', { error: { code: -32602, message: 'Unknown tool: old' } }],
    [
      'a result',
      { result: { isError: true, content: [{ type: 'text', text: 'MCP error -32602: Tool old not found' }] } },
    ],
  ])('are listed again when the server does not know one of them, and says so by %s', async (_what, answer) => {
    await startWith();
    unknown = answer;
    tools = [tool('fresh')];
    // For some seconds after a listing such an answer causes no other one.
    await until(async () => {
      await gateway.call('far_old').catch(() => undefined);
      return (await names()).includes('far_fresh');
    });
  });

  it('are listed again on demand', async () => {
    await startWith();
    tools = [tool('old'), tool('fresh')];
    const { status, body } = await gateway.rest('POST', '/mcp/servers/far/refresh');
    expect(status).toBe(200);
    expect(body.server.toolsList.map(({ name }: { name: string }) => name)).toEqual(['old', 'fresh']);
    await gateway.rest('PUT', '/mcp/servers/far/disable');
    expect(await gateway.rest('POST', '/mcp/servers/far/refresh')).toMatchObject({
      status: 409,
      body: { error: 'Server far is disabled: enable it first' },
    });
  });

  it('are listed again in a new session', async () => {
    server.hasSessions = true;
    await startWith();
    tools = [tool('old'), tool('fresh')];
    server.sessions.clear(); // as after a restart
    await gateway.call('far_old');
    await until(async () => (await names()).includes('far_fresh'));
  });

  it('are awaited by a call while a new configuration starts', async () => {
    await startWith();
    tools = [tool('fresh')];
    let answer = (): void => undefined;
    held = new Promise((resolve) => (answer = resolve));
    await gateway.rest('PUT', '/mcp/servers/far', { headers: { 'x-version': '2' } });
    const call = openCall({ principal: gateway.principal('alice'), requestId: 'fresh-spec', timeoutMs: 500_000 });
    const state = await gateway.provider.describeApp('far', call.context.principal);
    expect(await names()).toEqual(['far_old']);
    const listed = state!.untilListed!(call.context);
    answer();
    await listed;
    call.close();
    expect(await names()).toEqual(['far_fresh']);
  });

  it('are said to be missing because they could not be listed, if none ever were', async () => {
    gateway = await TestGateway.start();
    isBroken = true;
    await gateway.rest('POST', '/mcp/servers', { name: 'far', transportType: 'streamable_http', url: server.url });
    const state = () => gateway.provider.describeApp('far', gateway.principal('alice'));
    await until(async () => (await state())?.unavailable === 'its tools could not be listed');
    isBroken = false;
    await gateway.rest('POST', '/mcp/servers/far/refresh');
    expect((await state())?.unavailable).toBeUndefined();
    isBroken = true;
    await gateway.rest('POST', '/mcp/servers/far/refresh');
    expect((await state())?.unavailable).toBeUndefined(); // the tools that were listed before stay in use
  });

  it('are shown without those that clients would refuse, and the status says so until they are mended', async () => {
    await startWith();
    tools = [tool('old'), { name: 'text', inputSchema: { type: 'string' } }, { name: 'bare' }];
    const { body } = await gateway.rest('POST', '/mcp/servers/far/refresh');
    expect(body.server.notices).toEqual([
      expect.stringMatching(
        /^1 tools of the server were left out, .+"text" .+ 1 tools of the server were mended: "bare" /,
      ),
    ]);
    expect(await names()).toEqual(['far_old', 'far_bare']);
    tools = [tool('old')];
    expect((await gateway.rest('POST', '/mcp/servers/far/refresh')).body.server).not.toHaveProperty('notices');
  });
});
