import { loadConfig } from '@manifold/config';
import { openCall } from '@manifold/tool-provider';
import { EVERYTHING, ToolRegistry } from '@manifold/tool-registry';
import { callTool, events, messages, modern, request, send, withoutBody } from '../../testing/src/mcp-wire.js';
import {
  DynamicApp,
  LIST_CHANGED,
  namesOf,
  ofApp,
  OWN_TOOLS,
  textOf,
  TOOLS,
  type Answer,
} from '../../testing/src/dynamic-app.js';

import { principalOf } from '../../testing/src/transport-app.js';
import { DynamicMode } from './dynamic-mode.js';
import type { Client } from './method-handler.js';

describe('dynamic mode', () => {
  let dynamic: DynamicApp;

  beforeEach(async () => {
    dynamic = await DynamicApp.start();
  });
  afterEach(() => dynamic.app.discard());

  it('lists what tools are found and enabled with, and asks no provider for it', async () => {
    const session = await dynamic.open();
    const controller = new AbortController();
    await withoutBody(dynamic.app.url, 'GET', { session, signal: controller.signal });
    const { result } = await dynamic.ask(session, request(1, 'tools/list'));
    expect(result!.tools).toMatchObject([
      {
        name: 'enable-tools',
        title: 'Enable Tools',
        inputSchema: { type: 'object', properties: { tools: { type: 'array', items: { type: 'string' } } } },
      },
      { name: 'search-tools', inputSchema: { required: ['query'] } },
      { name: 'call-tool', inputSchema: { required: ['name'] } },
    ]);
    expect(dynamic.provider.asked).toHaveLength(0);
    controller.abort();
  });

  it.each([
    ['has an access token of Integration.app', 'integration.app', {}, ['enable-tools']],
    [
      'has one, where the search is shown too',
      'integration.app',
      { INTEGRATION_APP_DYNAMIC_SEARCH: 'true' },
      OWN_TOOLS,
    ],
    ['has another credential', 'https://issuer.test', {}, OWN_TOOLS],
  ])('lists to a session whose caller %s: %s %j', async (_who, issuer, settings, expected) => {
    const config = loadConfig({ INTEGRATION_APP_FORWARD_ONLY: 'true', ...settings });
    const mode = new DynamicMode(dynamic.app.get(ToolRegistry), config);
    const principal = { ...principalOf(), issuer };
    const call = openCall({ principal, requestId: 'dynamic-spec', timeoutMs: 500_000 });
    const enabled = { names: [], replace: () => Promise.resolve() };
    const text = await mode.list(call.context, { view: EVERYTHING, enabled } as unknown as Client);
    call.close();
    const { tools } = JSON.parse(String(text.text)) as { tools: { name: string; description: string }[] };
    expect(tools.map(({ name }) => name)).toEqual(expected);
    expect(tools[0]!.description.includes('search-tools')).toBe(expected.length > 1);
  });

  it('has none of its own tools in static mode', async () => {
    const session = await dynamic.open('alice', '?mode=static');
    for (const name of OWN_TOOLS) {
      expect((await dynamic.ask(session, callTool(1, name, { tools: [], query: 'x', name: 'x' }))).error?.code).toBe(
        -32602,
      );
    }
  });

  describe('search-tools', () => {
    const search = (session: string, args: object) => dynamic.ask(session, callTool(1, 'search-tools', args));
    const found = async (session: string, args: object) =>
      (JSON.parse(textOf(await search(session, args))) as { tools: { name: string }[] }).tools;

    it('answers names, titles and schemas of tools of all providers, best first', async () => {
      const session = await dynamic.open();
      expect((await found(session, { query: 'send an email' }))[0]).toEqual({
        name: 'gmail_send-email',
        title: 'gmail: send-email',
        inputSchema: { type: 'object', properties: {} },
      });
      expect((await found(session, { query: 'whoami' })).map(({ name }) => name)).toEqual(['whoami']);
      expect(await found(session, { query: 'email', limit: 1 })).toHaveLength(1);
      expect(await found(session, { query: 'zeppelin' })).toEqual([]);
    });

    it('finds the tools of the view only', async () => {
      const session = await dynamic.open('alice', '?mode=dynamic&apps=slack');
      expect(await found(session, { query: 'email' })).toEqual([]);
      expect(await found(session, { query: 'post' })).toMatchObject([{ name: 'slack_post' }]);
    });

    it('finds what is new', async () => {
      const session = await dynamic.open();
      expect(await found(session, { query: 'zeppelin' })).toEqual([]);
      dynamic.provider.answer = async () => [...TOOLS, ofApp('air', 'zeppelin')];
      dynamic.provider.announce();
      expect(await found(session, { query: 'zeppelin' })).toMatchObject([{ name: 'air_zeppelin' }]);
    });

    it.each([
      [{}, 'query'],
      [{ query: '' }, 'query'],
      [{ query: '  ' }, 'query'],
      [{ query: ['a'] }, 'query'],
      [{ query: 'x'.repeat(501) }, 'query'],
      [{ query: 'x', limit: 0 }, 'limit'],
      [{ query: 'x', limit: 51 }, 'limit'],
      [{ query: 'x', limit: 1.5 }, 'limit'],
      [{ query: 'x', limit: '3' }, 'limit'],
    ])('refuses what it cannot read, in words: case %#', async (args, field) => {
      const answer = await search(await dynamic.open(), args);
      expect(answer.result?.isError).toBe(true);
      expect(textOf(answer)).toContain(field);
    });
  });

  describe('call-tool', () => {
    const run = (session: string, args: object) => dynamic.ask(session, callTool(1, 'call-tool', args));

    it('calls any tool of the view, with its arguments and as the caller', async () => {
      const session = await dynamic.open('bob');
      const answer = await dynamic.ask(session, callTool(1, 'call-tool', { name: 'whoami' }), 'bob');
      expect(textOf(answer)).toBe('bob');
      const echo = { name: 'echo', arguments: { message: 'hello' } };
      expect(await dynamic.ask(session, callTool(2, 'call-tool', echo), 'bob')).toMatchObject({
        result: { content: [{ text: 'hello' }], unknown: 'kept', _meta: { 'test/unknown': 1 } },
      });
    });

    it.each(['nothing', 'gmail-send-email', 'call-tool', 'enable-tools', 'slack_post'])(
      'says in words that "%s" is not there',
      async (name) => {
        const answer = await run(await dynamic.open('alice', '?mode=dynamic&apps=gmail'), { name });
        expect(answer.result?.isError).toBe(true);
        expect(textOf(answer)).toBe(`Unknown tool: ${name}. Use search-tools to find the available tools.`);
      },
    );

    it.each([
      [{}],
      [{ name: 1 }],
      [{ name: '' }],
      [{ name: 'echo', arguments: 'x' }],
      [{ name: 'echo', arguments: [] }],
    ])('refuses what it cannot read, in words: case %#', async (args) => {
      const answer = await run(await dynamic.open(), args);
      expect(answer.result?.isError).toBe(true);
      expect(textOf(answer)).toMatch(/^(name|arguments) must be/);
    });

    it('relays progress, and errors to their readers', async () => {
      const session = await dynamic.open();
      const steps = { name: 'steps', arguments: { count: 2 } };
      const all = await messages(await send(dynamic.app.url, callTool(1, 'call-tool', steps, 'token'), { session }));
      expect(all).toMatchObject([
        { params: { progress: 1, progressToken: 'token' } },
        { params: { progress: 2, progressToken: 'token' } },
        { id: 1, result: { content: [{ text: 'done' }] } },
      ]);
      expect(await run(session, { name: 'busy' })).toMatchObject({ result: { isError: true } });
      expect(await run(session, { name: 'reject' })).toMatchObject({ error: { code: -32050 } });
    });

    it('is cancelled like any call', async () => {
      const session = await dynamic.open();
      const held = dynamic.app.provider.nextHeld();
      const aborted = new Promise((resolve) => dynamic.app.provider.events.once('aborted', resolve));
      const pending = send(dynamic.app.url, callTool('c', 'call-tool', { name: 'hold' }), { session });
      await held;
      await send(
        dynamic.app.url,
        { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'c' } },
        { session },
      );
      await aborted;
      expect((await pending).status).toBe(202);
    });
  });

  describe('without a session', () => {
    const stateless = async (name: string, args: object): Promise<Answer> => {
      const call = { id: 1, method: 'tools/call', params: { name, arguments: args } };
      return (await (await modern(dynamic.app.url, call, { query: '?mode=dynamic' })).json()) as Answer;
    };

    it('has search-tools and call-tool, and says why tools cannot be enabled', async () => {
      expect(textOf(await stateless('call-tool', { name: 'whoami' }))).toBe('alice');
      expect(textOf(await stateless('search-tools', { query: 'slack' }))).toContain('slack_post');
      const answer = await stateless('enable-tools', { tools: ['slack_post'] });
      expect(answer.result?.isError).toBe(true);
      expect(textOf(answer)).toContain('call-tool');
      expect((await stateless('slack_post', {})).error).toMatchObject({ code: -32602 });
    });
  });

  it('works over HTTP+SSE, where the list of tools belongs to the stream', async () => {
    const controller = new AbortController();
    const headers = { authorization: 'Bearer alice', accept: 'text/event-stream' };
    const all = events(await fetch(`${dynamic.app.url}/sse?mode=dynamic`, { headers, signal: controller.signal }));
    const next = async () => (await all.next()).value!.data;
    const endpoint = await next();
    const post = (body: object) =>
      fetch(`${dynamic.app.url}${endpoint}`, {
        method: 'POST',
        headers: { authorization: 'Bearer alice', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await post(request(1, 'tools/list'));
    expect(namesOf(JSON.parse(await next()) as Answer)).toEqual(OWN_TOOLS);
    expect(dynamic.provider.asked).toHaveLength(0);
    await post(callTool(2, 'enable-tools', { tools: ['slack-post'] }));
    expect(textOf(JSON.parse(await next()) as Answer)).toBe('Enabled tools: slack_post');
    expect(await next()).toBe(LIST_CHANGED);
    await post(request(3, 'tools/list'));
    expect(namesOf(JSON.parse(await next()) as Answer)).toEqual([...OWN_TOOLS, 'slack_post']);
    controller.abort();
  });
});
