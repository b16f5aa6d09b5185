import type { Principal } from '@manifold/auth';
import { openCall, type ToolDescriptor, type ToolResult } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { decodeJwt } from 'jose';
import { startParagon, type ParagonApp } from '../testing/src/paragon-app.js';

const alice = fixturePrincipal('alice');
const bob = fixturePrincipal('bob');
const MESSAGE = { channel: 'C1', message: 'hello' };

let app: ParagonApp;
const start = async (settings: Record<string, string> = {}) => {
  app = await startParagon(settings);
};
afterEach(() => app.stop());

async function list(principal: Principal = alice): Promise<readonly ToolDescriptor[]> {
  const call = openCall({ principal, requestId: 'request-1', timeoutMs: 10_000 });
  return app.provider.listTools(call.context).finally(() => call.close());
}

const names = async (principal?: Principal) => (await list(principal)).map(({ name }) => name);

async function call(name: string, args: Record<string, unknown>, principal: Principal = alice): Promise<ToolResult> {
  const tool = (await list(principal)).find((one) => one.name === name);
  if (!tool) throw new Error(`No tool ${name}`);
  const open = openCall({ principal, requestId: 'request-1', timeoutMs: 10_000 });
  return app.provider.callTool(tool.ref, args, open.context).finally(() => open.close());
}

const jsonOf = (result: ToolResult): unknown => JSON.parse((result.content as [{ text: string }])[0].text);

describe('the tools of ActionKit', () => {
  it('have their names and schemas as given, all of them, connected or not', async () => {
    await start();
    const tool = (await list()).find(({ name }) => name === 'SLACK_SEND_MESSAGE');
    expect(tool).toMatchObject({
      app: 'slack',
      publicName: 'SLACK_SEND_MESSAGE',
      definition: {
        name: 'SLACK_SEND_MESSAGE',
        inputSchema: {
          properties: { threadTimestamp: { pattern: '^\\d+\\.\\d+$' } },
          required: ['channel', 'message'],
          additionalProperties: false,
        },
      },
    });
    expect(app.simulator.requestsTo('GET /actions')[0]).toMatchObject({ query: { limit_to_available: 'false' } });
    expect(app.simulator.requestsTo('GET /sdk/integrations')).toEqual([]);
  });

  it('are none for users whom the project does not serve, and nothing is asked', async () => {
    await start();
    const { ref } = (await list())[0]!;
    app.simulator.clearRequests();
    const stranger = { ...alice, tenant: 'acme' };
    expect(await list(stranger)).toEqual([]);
    const open = openCall({ principal: stranger, requestId: 'request-1', timeoutMs: 10_000 });
    const called = app.provider.callTool(ref, MESSAGE, open.context).finally(() => open.close());
    await expect(called).rejects.toMatchObject({ code: 'permission_denied' });
    expect(app.simulator.counts.total).toBe(0);
  });

  it('are listed apart for a user and for an API key that acts for this user and is not served', async () => {
    await start({ PARAGON_USERS: '[{"tenant":"acme"}]' });
    const user = { ...alice, tenant: 'acme' };
    const keyFor = (principal: Principal) => app.provider.catalogueKey(principal);
    expect(keyFor(user)).toBe(user.key);
    expect(keyFor({ ...user, method: 'api-key' })).not.toBe(user.key);
    expect(await list({ ...user, method: 'api-key' })).toEqual([]);
  });

  it('are limited to integrations and to tools', async () => {
    await start({
      LIMIT_TO_INTEGRATIONS: 'slack, hubspot',
      LIMIT_TO_TOOLS: 'SLACK_SEND_MESSAGE,HUBSPOT_CREATE_CONTACT,SALESFORCE_QUERY_RECORDS',
    });
    expect((await names()).sort()).toEqual(['HUBSPOT_CREATE_CONTACT', 'SLACK_SEND_MESSAGE']);
  });

  it.each([
    ['actions', { action: 'SLACK_SEND_MESSAGE', parameters: MESSAGE }],
    ['tools', { tool: 'SLACK_SEND_MESSAGE', parameters: MESSAGE }],
  ])('are listed and run through /%s', async (api, body) => {
    await start({ ACTIONKIT_API: api });
    app.simulator.connect('alice', 'slack');
    expect(jsonOf(await call('SLACK_SEND_MESSAGE', MESSAGE))).toMatchObject({ user: 'alice', parameters: MESSAGE });
    expect(app.simulator.requestsTo(`POST /${api}`)).toMatchObject([{ body, user: 'alice' }]);
    expect(app.simulator.requestsTo(`GET /${api}`)).toHaveLength(1);
  });

  it('are one array for all users who get the same answer, and another when it changes', async () => {
    await start();
    const first = await list(alice);
    expect(await list(bob)).toBe(first);
    app.simulator.offer('slack', []);
    const second = await list(alice);
    expect(second).not.toBe(first);
    expect(second.some(({ app: integration }) => integration === 'slack')).toBe(false);
  });

  it('are there without the integration that is described in a way that nobody can read', async () => {
    await start();
    const listing = { actions: { broken: 7, slack: [{ type: 'function', function: { name: 'FINE' } }, null] } };
    app.simulator.next('GET /actions', { json: listing });
    expect(await names()).toEqual(['FINE']);
  });

  it('cannot be listed while ActionKit is down, which shows in the health until it is back', async () => {
    await start();
    app.simulator.next('GET /actions', 'bad gateway');
    await expect(list()).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(app.provider.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('502') });
    await list();
    expect(app.provider.health()).toEqual({ status: 'up' });
  });

  it('are no fault of the provider where one user is refused', async () => {
    await start();
    app.simulator.next('GET /actions', { status: 401 });
    await expect(list()).rejects.toMatchObject({ code: 'reauth_required' });
    expect(app.provider.health()).toEqual({ status: 'up' });
  });
});

describe('a call', () => {
  it("forwards the caller's own token, and makes one for callers of other issuers", async () => {
    await start();
    const credential = await app.project.token('alice', { jti: 'own' });
    const own = { ...fixturePrincipal('alice', `useparagon.com/${app.project.projectId}`), credential };
    app.simulator.connect('alice', 'slack');
    await call('SLACK_SEND_MESSAGE', MESSAGE, own);
    await call('SLACK_SEND_MESSAGE', MESSAGE, { ...alice, credential: 'token-of-another-issuer' });
    const [forwarded, minted] = app.simulator
      .requestsTo('SLACK_SEND_MESSAGE')
      .map(({ headers }) => headers.authorization!.replace('Bearer ', ''));
    expect(forwarded).toBe(credential);
    expect(decodeJwt(minted!)).toMatchObject({ sub: 'alice', aud: `useparagon.com/${app.project.projectId}` });
    expect(decodeJwt(minted!).jti).toBeUndefined();
  });

  it('with arguments that do not fit sends nothing, and says what is wrong in the words of the specification', async () => {
    await start();
    await expect(call('SLACK_SEND_MESSAGE', { message: '', more: 1 })).rejects.toMatchObject({
      code: 'invalid_arguments',
      modelText: expect.stringMatching(/^\{"error":"Validation error","details":\[\{/),
    });
    expect(app.simulator.requestsTo('SLACK_SEND_MESSAGE')).toEqual([]);
  });

  it.each([400, 404] as const)(
    'without a connection (%i) is answered with a link, and works once connected',
    async (status) => {
      await start({ MCP_SERVER_URL: 'https://gateway.test' });
      app.simulator.answerNotConnectedWith(status);
      const link = /https:\/\/gateway\.test\/setup\?token=[\w-]{43}/;
      const error = await call('SLACK_SEND_MESSAGE', MESSAGE).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'not_connected',
        setupUrl: expect.stringMatching(link),
        modelText: expect.stringMatching(
          /^The slack integration is not enabled for the user\. To set it up and use this tool, the user will need to visit: https:\S+\. Instruct the user to set up their slack integration by visiting the link\. Format the setup link in Markdown\.$/,
        ),
      });
      app.simulator.connect('alice', 'slack');
      expect(jsonOf(await call('SLACK_SEND_MESSAGE', MESSAGE))).toMatchObject({ user: 'alice' });
    },
  );

  it('waits for nobody else: users run in parallel, and nothing is sent twice', async () => {
    await start();
    for (const user of ['alice', 'bob']) app.simulator.connect(user, 'slack');
    app.simulator.always('SLACK_SEND_MESSAGE', { slowMs: 100 });
    await Promise.all([alice, bob, alice, bob].map((user) => call('SLACK_SEND_MESSAGE', MESSAGE, user)));
    expect(app.simulator.requestsTo('SLACK_SEND_MESSAGE')).toHaveLength(4);
    expect(app.simulator.counts.mostInFlight).toBeGreaterThan(1);
  });

  it.each(['cut', { status: 500 }, { status: 429, retryAfter: '3' }] as const)(
    'that fails with %j is not repeated',
    async (behaviour) => {
      await start();
      app.simulator.next('SLACK_SEND_MESSAGE', behaviour);
      await expect(call('SLACK_SEND_MESSAGE', MESSAGE)).rejects.toMatchObject({ name: 'ProviderError' });
      expect(app.simulator.requestsTo('SLACK_SEND_MESSAGE')).toHaveLength(1);
    },
  );

  it('fails where the answer is larger than the gateway takes', async () => {
    await start();
    app.simulator.next('SLACK_SEND_MESSAGE', { hugeBytes: 64 * 1024 * 1024 });
    await expect(call('SLACK_SEND_MESSAGE', MESSAGE)).rejects.toMatchObject({ code: 'upstream_rejected' });
  });

  it('does not show the token that an upstream echoes (threat 42)', async () => {
    await start();
    const credential = await app.project.token('alice');
    const own = { ...fixturePrincipal('alice', `useparagon.com/${app.project.projectId}`), credential };
    app.simulator.next('SLACK_SEND_MESSAGE', { json: { received: { authorization: `Bearer ${credential}` } } });
    expect(jsonOf(await call('SLACK_SEND_MESSAGE', MESSAGE, own))).toEqual({
      received: { authorization: 'Bearer [secret]' },
    });
    app.simulator.next('SLACK_SEND_MESSAGE', { status: 400, message: `bad token ${credential}` });
    const error = (await call('SLACK_SEND_MESSAGE', MESSAGE, own).catch((reason: unknown) => reason)) as Error;
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain(credential);
  });
});

describe('the tool that sends requests of the agent', () => {
  const request = (more: object = {}) => ({
    integration: 'slack',
    url: '/chat.postMessage',
    httpMethod: 'POST',
    ...more,
  });
  const on = { ENABLE_PROXY_API_TOOL: 'true' };

  it('is off unless it is enabled', async () => {
    await start();
    expect(await names()).not.toContain('CALL_API_REQUEST');
  });

  it('knows the active integrations, with limits and without', async () => {
    await start({ ...on, LIMIT_TO_INTEGRATIONS: 'slack,hubspot,custom.spotify' });
    app.simulator.setActive('hubspot', false);
    const tool = (await list()).find(({ name }) => name === 'CALL_API_REQUEST');
    expect(tool?.definition).toMatchObject({
      inputSchema: {
        properties: { integration: { enum: ['custom.spotify', 'slack'] } },
        required: ['integration', 'url', 'httpMethod'],
        additionalProperties: false,
      },
    });
  });

  it('sends the request through the proxy, with the headers that Slack wants', async () => {
    await start(on);
    app.simulator.connect('alice', 'slack');
    const body = { channel: 'C1', text: 'hi' };
    await call('CALL_API_REQUEST', request({ queryParams: { pretty: 1 }, headers: { 'X-Custom': 'a' }, body }));
    expect(app.simulator.requestsTo('POST /sdk/proxy/slack')).toMatchObject([
      {
        user: 'alice',
        body,
        headers: {
          'x-paragon-proxy-url': '/chat.postMessage?pretty=1',
          'x-paragon-use-slack-token-type': 'user',
          'x-custom': 'a',
        },
      },
    ]);
  });

  it.each<[string, object]>([
    ['an integration that is not active', { integration: 'jira' }],
    ['a method that does not exist', { httpMethod: 'TRACE' }],
    ['something that is not in the schema', { more: true }],
    ['a header that carries credentials', { headers: { Authorization: 'Bearer x' } }],
    ['a header that is Paragon’s', { headers: { 'x-paragon-proxy-url': 'https://evil.example' } }],
    ['another host', { url: 'https://evil.example/' }],
    ['the address of this machine', { integration: 'custom.spotify', url: 'https://127.0.0.1/' }],
  ])('refuses %s, and sends nothing', async (_title, more) => {
    await start(on);
    await expect(call('CALL_API_REQUEST', request(more))).rejects.toMatchObject({ code: 'invalid_arguments' });
    expect(app.simulator.requests.filter(({ path }) => path.includes('/proxy/'))).toEqual([]);
  });

  it('answers with a link where the integration is not connected', async () => {
    await start(on);
    await expect(call('CALL_API_REQUEST', request())).rejects.toMatchObject({
      code: 'not_connected',
      modelText: expect.stringContaining('The slack integration is not enabled'),
    });
  });

  it('stays while the list of integrations cannot be had', async () => {
    await start(on);
    expect(await names()).toContain('CALL_API_REQUEST');
    app.simulator.always('/sdk/integrations', { status: 500 });
    expect(await names()).toContain('CALL_API_REQUEST');
  });
});
