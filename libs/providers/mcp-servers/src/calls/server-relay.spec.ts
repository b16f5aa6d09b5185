import { ServerMetadataCache } from '@manifold/mcp-hosting';
import type { CallContext, RawObject } from '@manifold/tool-provider';
import { HttpUpstream, echoServer } from '../../../../../test/support/upstreams.js';
import { as, callTool } from '../../testing/src/callers.js';
import { principalOf, registration, TestGateway, textOf, until } from '../../testing/src/gateway.js';

afterAll(() => TestGateway.destroyAll());

/** Over a real process and over a real socket. */
describe.each(['stdio', 'http'])('the primitives of a server, over %s', (transport) => {
  let gateway: TestGateway;
  let upstream: HttpUpstream | undefined;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    if (transport === 'http') upstream = await HttpUpstream.start('--offers=3', '--page-size=2');
    const settings = upstream
      ? { transportType: 'streamable_http', url: upstream.url }
      : echoServer('--offers=3', '--page-size=2');
    await gateway.rest('POST', '/mcp/servers', { name: 'notes', ...settings });
    await gateway.rest('POST', '/mcp/servers', registration('plain'));
  });
  afterAll(async () => {
    await gateway.destroy();
    await upstream?.stop();
  });

  const tool = async (name: string, args: Record<string, unknown> = {}): Promise<string> =>
    textOf(await as('alice', (context) => callTool(gateway.provider, 'notes', name, args, context)));
  const subscribed = async (): Promise<{ requested: Record<string, number>; now: string[] }> =>
    JSON.parse(await tool('subscribed')) as { requested: Record<string, number>; now: string[] };
  const subscribe = (uri: string, onUpdated: (params: RawObject) => void) =>
    as('alice', (context) => gateway.provider.subscribeResource('notes', uri, context, onUpdated));

  it('lists all pages of resources, templates and prompts, as the server gave them', async () => {
    const resources = await as('alice', (context) => gateway.provider.listResources(context));
    expect(resources).toEqual(
      [1, 2, 3].map((number) => {
        const uri = `sim://notes/${number}`;
        return { app: 'notes', uri, definition: { uri, name: `note ${number}`, x_resource: { kept: [number] } } };
      }),
    );
    const [template] = await as('alice', (context) => gateway.provider.listResourceTemplates(context));
    expect(template).toMatchObject({ app: 'notes', uriTemplate: 'sim://notes/{number}' });
    expect(template!.definition).toMatchObject({ x_template: 'kept' });
    const [prompt] = await as('alice', (context) => gateway.provider.listPrompts(context));
    expect(prompt).toMatchObject({ app: 'notes', name: 'greet', publicName: 'notes_greet' });
    expect(prompt!.definition).toMatchObject({ x_prompt: 'kept' });
  });

  it('knows what the servers say of themselves', () => {
    const principal = principalOf('alice');
    expect(gateway.provider.serverFeatures('notes', principal)).toMatchObject({
      capabilities: { completions: {}, resources: { subscribe: true }, x_capability: { kept: true } },
      instructions: 'Read the notes first.',
      serverInfo: { name: 'simulated-upstream' },
    });
    expect(gateway.provider.serverFeatures('plain', principal)?.instructions).toBeUndefined();
    expect(gateway.provider.serverFeatures('nobody', principal)).toBeUndefined();
    expect(gateway.provider.serverFeatures('notes', { ...principal, tenant: 'other' })).toBeUndefined();
  });

  it('reads, gets and completes, with results as the server gave them', async () => {
    const { provider } = gateway;
    const uri = 'sim://notes/2';
    expect(await as('alice', (context) => provider.readResource('notes', uri, context))).toEqual({
      contents: [{ uri, text: `text of ${uri}`, x_content: 'kept' }],
      x_params: { uri },
    });
    const prompt = await as('alice', (context) => provider.getPrompt('notes', 'greet', { who: 'Bob' }, context));
    expect(prompt.x_params).toEqual({ name: 'greet', arguments: { who: 'Bob' } });
    const reference = { type: 'ref/prompt', name: 'greet' };
    const params = { argument: { name: 'who', value: 'B' }, context: { arguments: { x: '1' } } };
    expect(await as('alice', (context) => provider.complete('notes', reference, params, context))).toEqual({
      completion: { values: ['B-completed'], x_completion: { ...params, ref: reference } },
    });
  });

  it('passes on what the caller sent as _meta, but never its progress token', async () => {
    const meta = { traceparent: '00-aa-bb-01', progressToken: 'mine' };
    const get = (context: CallContext) => gateway.provider.getPrompt('notes', 'greet', undefined, context);
    const plain = await as('alice', get, { meta });
    expect(plain.x_params).toEqual({ name: 'greet', _meta: { traceparent: '00-aa-bb-01' } });
    const watched = await as('alice', get, { meta, onProgress: jest.fn() });
    const { _meta } = watched.x_params as RawObject;
    expect(_meta).toEqual({ traceparent: '00-aa-bb-01', progressToken: expect.any(Number) });
  });

  it('passes the refusals of the server on', async () => {
    const { provider } = gateway;
    await expect(as('alice', (context) => provider.readResource('notes', 'sim://gone', context))).rejects.toMatchObject(
      { code: 'upstream_rejected', rpcError: { code: -32002, message: 'Resource not found: sim://gone' } },
    );
    await expect(as('alice', (context) => provider.getPrompt('notes', 'none', {}, context))).rejects.toMatchObject({
      rpcError: { message: 'Unknown prompt: none' },
    });
  });

  it.each<[string, string]>([
    ['does not exist', 'nobody'],
    ['is of another tenant', 'notes'],
  ])('refuses requests to a server that %s', async (_, app) => {
    const principal = { ...principalOf('alice'), tenant: app === 'notes' ? 'other' : 'default' };
    for (const request of [
      as(principal, (context) => gateway.provider.readResource(app, 'sim://notes/1', context)),
      as(principal, (context) => gateway.provider.getPrompt(app, 'greet', undefined, context)),
      as(principal, (context) => gateway.provider.complete(app, {}, {}, context)),
      as(principal, (context) => gateway.provider.subscribeResource(app, 'sim://notes/1', context, jest.fn())),
    ]) {
      await expect(request).rejects.toMatchObject({ name: 'ProviderError', code: 'invalid_arguments' });
    }
    const listed = await as({ ...principal, tenant: 'other' }, (context) => gateway.provider.listResources(context));
    expect(listed).toEqual([]);
  });

  it('refuses arguments of a prompt that reach for a prototype', async () => {
    const args = JSON.parse('{"__proto__": {"polluted": true}}') as RawObject;
    await expect(
      as('alice', (context) => gateway.provider.getPrompt('notes', 'greet', args, context)),
    ).rejects.toMatchObject({ code: 'invalid_arguments' });
  });

  it('says when resources or prompts have changed, and only then', async () => {
    const changes: string[] = [];
    const ends = [
      gateway.provider.onResourcesChanged(() => changes.push('resources')),
      gateway.provider.onPromptsChanged(() => changes.push('prompts')),
    ];
    await tool('grow', { what: 'resources' });
    await until(async () => (await as('alice', (context) => gateway.provider.listResources(context))).length === 4);
    await tool('grow', { what: 'prompts' });
    await until(async () => (await as('alice', (context) => gateway.provider.listPrompts(context))).length === 2);
    expect(changes).toEqual(['resources', 'prompts']);
    for (const end of ends) end();
  });

  it('tells all who listen to a resource, by one subscription upstream', async () => {
    const uri = 'sim://notes/1';
    const heard: string[] = [];
    const [endFirst, endSecond] = await Promise.all([
      subscribe(uri, (params) => heard.push(`first ${JSON.stringify(params)}`)),
      subscribe(uri, (params) => heard.push(`second ${JSON.stringify(params)}`)),
    ]);
    await tool('touch', { uri });
    const params = JSON.stringify({ uri, x_updated: 'kept' });
    await until(() => heard.length === 2);
    expect(heard.sort()).toEqual([`first ${params}`, `second ${params}`]);
    expect((await subscribed()).requested[uri]).toBe(1);

    endFirst();
    endFirst();
    await tool('touch', { uri });
    await until(() => heard.length === 3);
    expect(heard.at(-1)).toBe(`second ${params}`);
    expect((await subscribed()).now).toEqual([uri]);
    endSecond();
    await until(async () => (await subscribed()).now.length === 0);
  });

  it('tells of parts of what was subscribed, and of nothing that only begins alike', async () => {
    const heard: unknown[] = [];
    const end = await subscribe('sim://notes/2', ({ uri }) => heard.push(uri));
    for (const uri of ['sim://notes/20', 'sim://notes/2/part', 'sim://notes/2']) {
      await tool('touch', { uri, subscription: 'sim://notes/2' });
    }
    await until(() => heard.length === 2);
    expect(heard).toEqual(['sim://notes/2/part', 'sim://notes/2']);
    end();
  });

  it('leaves nothing of a subscription that the server refuses', async () => {
    const uri = 'sim://forbidden';
    for (const times of [1, 2]) {
      await expect(subscribe(uri, jest.fn())).rejects.toMatchObject({ rpcError: { code: -32002 } });
      expect((await subscribed()).requested[uri]).toBe(times);
    }
  });

  it('makes the subscriptions again on a new connection, also of a server that was changed', async () => {
    const uri = 'sim://notes/3';
    const heard: unknown[] = [];
    const end = await subscribe(uri, (params) => heard.push(params.uri));
    /** A change in between counts as an update. From then on the server announces changes. */
    const isBack = async (): Promise<void> => {
      await until(() => heard.length > 0);
      heard.length = 0;
      await tool('touch', { uri });
      await until(() => heard.length > 0);
      heard.length = 0;
    };
    if (upstream) await upstream.dropSessions();
    else await tool('crash').catch(() => undefined);
    await until(() => tool('echo', { message: 'again' }).then(Boolean, () => false));
    await isBack();

    await gateway.rest('PUT', '/mcp/servers/notes', { description: 'changed' });
    await isBack();
    end();
  });

  it('keeps the lists of a server that is down, and takes them away with the server', async () => {
    const count = async (): Promise<number> =>
      (await as('alice', (context) => gateway.provider.listResources(context))).length;
    const before = await count();
    expect(before).toBeGreaterThan(0);
    if (upstream) await upstream.stop();
    else await gateway.rest('PUT', '/mcp/servers/notes', { command: './no-such-program' });
    expect(await count()).toBe(before);

    const { subscriptions } = gateway.app.get(ServerMetadataCache, { strict: false });
    const { servers: subscribedTo } = subscriptions as unknown as { servers: Map<string, unknown> };
    expect(subscribedTo.size).toBe(1);
    const changes: string[] = [];
    const end = gateway.provider.onResourcesChanged(() => changes.push('resources'));
    await gateway.rest('DELETE', '/mcp/servers/notes');
    expect([await count(), changes]).toEqual([0, ['resources']]);
    expect(gateway.provider.serverFeatures('notes', principalOf('alice'))).toBeUndefined();
    expect(subscribedTo.size).toBe(0);
    end();
  });
});

describe('the list of primitives of a server', () => {
  it('is known after a restart before any process runs', async () => {
    const first = await TestGateway.start();
    await first.rest('POST', '/mcp/servers', { name: 'notes', ...echoServer('--offers=1') });
    expect(await as('alice', (context) => first.provider.listPrompts(context))).toHaveLength(1);
    await first.rest('PUT', '/mcp/servers/notes', { command: './no-such-program' });
    await first.stop();

    const second = await TestGateway.start({ dataDir: first.dataDir });
    expect(await as('alice', (context) => second.provider.listPrompts(context))).toHaveLength(1);
    expect(second.provider.serverFeatures('notes', principalOf('alice'))).toMatchObject({
      instructions: 'Read the notes first.',
    });
    await second.destroy();
  });
});
