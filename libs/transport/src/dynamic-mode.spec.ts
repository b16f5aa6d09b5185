import type { ToolDescriptor } from '@manifold/tool-provider';
import { AnnouncingProvider, tool } from '@manifold/tool-registry/testing';
import {
  callTool,
  events,
  messages,
  modern,
  openSession,
  request,
  send,
  withoutBody,
} from '../testing/src/mcp-wire.js';
import { principalOf, startTransport, type TransportApp } from '../testing/src/transport-app.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { SessionStore } from './session-store.js';

const LIST_CHANGED = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
const OWN = ['enable-tools', 'search-tools', 'call-tool'];

const ofApp = (app: string, name: string): ToolDescriptor => {
  const plain = tool(`${app}_${name}`);
  return { ...plain, app, name, definition: { ...plain.definition, title: `${app}: ${name}`, 'x-unknown': 'kept' } };
};
const TOOLS = [ofApp('gmail', 'send-email'), ofApp('gmail', 'read-email'), ofApp('slack', 'post')];

interface Answer {
  readonly result?: {
    readonly tools?: readonly { readonly name: string }[];
    readonly content?: readonly { readonly text: string }[];
    readonly isError?: boolean;
  };
  readonly error?: { readonly code: number; readonly message: string };
}

const names = ({ result }: Answer): string[] => result!.tools!.map(({ name }) => name);
const textOf = ({ result }: Answer): string => result!.content![0]!.text;

describe('dynamic mode', () => {
  let provider: AnnouncingProvider;
  let app: TransportApp;

  beforeEach(async () => {
    provider = new AnnouncingProvider(async () => TOOLS, 'apps');
    app = await startTransport({ providers: [provider] });
  });
  afterEach(() => app.discard());

  const restart = async (): Promise<void> => {
    const { dataDir } = app;
    await app.stop();
    app = await startTransport({ dataDir, providers: [provider] });
  };
  const open = (user = 'alice', query = '?mode=dynamic') => openSession(app.url, user, '2025-11-25', query);

  /** The answer to a request, and how many times it was told before that that the list has changed. */
  const askAndCount = async (session: string, body: object, user = 'alice'): Promise<[Answer, number]> => {
    const response = await send(app.url, body, { session, user });
    if (response.headers.get('content-type') === 'application/json') return [(await response.json()) as Answer, 0];
    const all = await messages(response);
    return [all.at(-1) as Answer, all.filter((message) => JSON.stringify(message) === LIST_CHANGED).length];
  };
  const ask = async (session: string, body: object, user?: string) => (await askAndCount(session, body, user))[0];
  const list = async (session: string, user?: string) => names(await ask(session, request(1, 'tools/list'), user));
  const enable = (session: string, ...tools: unknown[]) => ask(session, callTool(2, 'enable-tools', { tools }));

  it('lists what tools are found and enabled with, and asks no provider for it', async () => {
    const session = await open();
    const controller = new AbortController();
    await withoutBody(app.url, 'GET', { session, signal: controller.signal });
    const { result } = await ask(session, request(1, 'tools/list'));
    expect(result!.tools).toMatchObject([
      {
        name: 'enable-tools',
        title: 'Enable Tools',
        inputSchema: { type: 'object', properties: { tools: { type: 'array', items: { type: 'string' } } } },
      },
      { name: 'search-tools', inputSchema: { required: ['query'] } },
      { name: 'call-tool', inputSchema: { required: ['name'] } },
    ]);
    expect(provider.asked).toHaveLength(0);
    controller.abort();
  });

  it('has none of its own tools in static mode', async () => {
    const session = await open('alice', '?mode=static');
    for (const name of OWN) {
      expect((await ask(session, callTool(1, name, { tools: [], query: 'x', name: 'x' }))).error?.code).toBe(-32602);
    }
  });

  describe('enable-tools', () => {
    it('enables by public name or alias, replaces what was enabled, and says what it does not know', async () => {
      const session = await open();
      const first = await enable(session, 'gmail-send-email', 'slack_post', 'gmail_fly');
      expect(first.result?.isError).toBeUndefined();
      expect(textOf(first)).toBe('Enabled tools: gmail_send-email, slack_post\nUnknown tools: gmail_fly');
      expect(await list(session)).toEqual([...OWN, 'gmail_send-email', 'slack_post']);
      expect(textOf(await enable(session, 'gmail_read-email'))).toBe('Enabled tools: gmail_read-email');
      expect(await list(session)).toEqual([...OWN, 'gmail_read-email']);
      expect(textOf(await enable(session))).toBe('No tools are enabled');
      expect(await list(session)).toEqual(OWN);
    });

    it('lists enabled tools as their owner describes them', async () => {
      const session = await open();
      await enable(session, 'slack_post');
      const { result } = await ask(session, request(1, 'tools/list'));
      expect(result!.tools!.at(-1)).toEqual({ ...TOOLS[2]!.definition, name: 'slack_post' });
    });

    it('lets enabled tools be called, and no others', async () => {
      const session = await open();
      await enable(session, 'slack_post');
      expect(textOf(await ask(session, callTool(3, 'slack_post')))).toBe('{"name":"slack_post"}');
      expect((await ask(session, callTool(4, 'gmail_send-email'))).error).toMatchObject({ code: -32602 });
      await enable(session, 'gmail_send-email');
      expect((await ask(session, callTool(5, 'slack_post'))).error).toMatchObject({ code: -32602 });
    });

    it('knows the tools of the view only', async () => {
      const session = await open('alice', '?mode=dynamic&apps=slack');
      expect(textOf(await enable(session, 'gmail_send-email', 'slack-post'))).toBe(
        'Enabled tools: slack_post\nUnknown tools: gmail_send-email',
      );
    });

    it.each([
      [{}],
      [{ tools: 'slack_post' }],
      [{ tools: null }],
      [{ tools: [1] }],
      [{ tools: [''] }],
      [{ tools: ['x'.repeat(257)] }],
      [{ tools: Array.from({ length: 501 }, (_, index) => `t${index}`) }],
    ])('refuses what it cannot read, in words: case %#', async (args) => {
      const session = await open();
      await enable(session, 'slack_post');
      const answer = await ask(session, callTool(2, 'enable-tools', args));
      expect(answer.result?.isError).toBe(true);
      expect(textOf(answer)).toContain('enable-tools takes {"tools": [...]}');
      expect(await list(session)).toEqual([...OWN, 'slack_post']);
    });

    it('belongs to one session: neither another of the same user nor another user sees it', async () => {
      const [mine, other, bobs] = [await open(), await open(), await open('bob')];
      await enable(mine, 'slack_post');
      expect(await list(other)).toEqual(OWN);
      expect(await list(bobs, 'bob')).toEqual(OWN);
      expect((await ask(other, callTool(1, 'slack_post'))).error).toMatchObject({ code: -32602 });
    });

    it('survives a restart', async () => {
      const session = await open();
      await enable(session, 'slack_post', 'gmail_send-email');
      await restart();
      expect(await list(session)).toEqual([...OWN, 'slack_post', 'gmail_send-email']);
    });

    it('is kept while the upkeep of sessions writes to the same record', async () => {
      const session = await open();
      const store = app.get(SessionStore);
      await Promise.all([
        enable(session, 'slack_post'),
        ...Array.from({ length: 10 }, (_, index) => store.refresh(session, Date.now() + index)),
      ]);
      await restart();
      expect(await list(session)).toEqual([...OWN, 'slack_post']);
    });

    it('leaves memory and store the same when many happen at once', async () => {
      const session = await open();
      const sets = [['slack_post'], ['gmail_send-email', 'gmail_read-email'], [], ['gmail_read-email']];
      await Promise.all(
        Array.from({ length: 20 }, (_, id) => ask(session, callTool(id, 'enable-tools', { tools: sets[id % 4] }))),
      );
      const { value } = (await app.get(SessionStore).get(session))!;
      expect(await list(session)).toEqual([...OWN, ...(value.enabledTools ?? [])]);
      expect(sets).toContainEqual(value.enabledTools);
    });

    it('fails when the session ends meanwhile', async () => {
      const session = await open();
      await app.get(SessionStore).remove(session);
      expect((await enable(session, 'slack_post')).error).toEqual({ code: -32001, message: 'Session not found' });
    });

    it('leaves out an enabled tool that is gone, and lists it when it is back', async () => {
      const session = await open();
      await enable(session, 'slack_post', 'gmail_send-email');
      provider.answer = async () => TOOLS.slice(0, 2);
      provider.announce();
      expect(await list(session)).toEqual([...OWN, 'gmail_send-email']);
      expect((await ask(session, callTool(1, 'slack_post'))).error).toMatchObject({ code: -32602 });
      provider.answer = async () => TOOLS;
      provider.announce();
      expect(await list(session)).toEqual([...OWN, 'slack_post', 'gmail_send-email']);
    });
  });

  describe('list_changed', () => {
    const stream = async (session: string, user = 'alice') => {
      const controller = new AbortController();
      const all = events(await withoutBody(app.url, 'GET', { session, user, signal: controller.signal }));
      return {
        next: async () => (await all.next()).value?.data,
        mark: () => {
          for (const { id, stream } of app.get(LegacySessions).all()) if (id === session) stream!.send('"mark"');
        },
        leave: () => controller.abort(),
      };
    };

    it('goes to the stream of the session that enabled tools, once for several changes, and to no other', async () => {
      const [session, other, bobs] = [await open(), await open(), await open('bob')];
      const streams = [await stream(session), await stream(other), await stream(bobs, 'bob')];
      const counts = await Promise.all(
        [['slack_post'], ['gmail_send-email'], ['gmail_read-email']].map(
          async (tools, id) => (await askAndCount(session, callTool(id, 'enable-tools', { tools })))[1],
        ),
      );
      expect(counts).toEqual([0, 0, 0]);
      expect(await streams[0]!.next()).toBe(LIST_CHANGED);
      for (const { next, mark, leave } of streams) {
        mark();
        expect(await next()).toBe('"mark"');
        leave();
      }
    });

    it('comes before the result where the session has no stream', async () => {
      const session = await open();
      const args = { tools: ['slack_post'] };
      const [, count] = await askAndCount(session, callTool(1, 'enable-tools', args));
      expect(count).toBe(1);
    });

    it('is not sent where nothing has changed', async () => {
      const session = await open();
      await enable(session, 'slack_post', 'gmail_send-email');
      const args = { tools: ['gmail-send-email', 'slack_post', 'nothing'] };
      expect((await askAndCount(session, callTool(1, 'enable-tools', args)))[1]).toBe(0);
    });

    it('tells of changes at the provider as soon as tools are enabled, and not before', async () => {
      const session = await open();
      const { next, mark, leave } = await stream(session);
      provider.announce(principalOf('Bearer alice').key);
      mark();
      expect(await next()).toBe('"mark"');
      await enable(session, 'slack_post');
      expect(await next()).toBe(LIST_CHANGED);
      provider.announce(principalOf('Bearer alice').key);
      expect(await next()).toBe(LIST_CHANGED);
      leave();
    });

    it('tells of changes at the provider on a stream that is opened after a restart', async () => {
      const session = await open();
      await enable(session, 'slack_post');
      await restart();
      const { next, leave } = await stream(session);
      provider.announce(principalOf('Bearer alice').key);
      expect(await next()).toBe(LIST_CHANGED);
      leave();
    });
  });

  describe('search-tools', () => {
    const search = (session: string, args: object) => ask(session, callTool(1, 'search-tools', args));
    const found = async (session: string, args: object) =>
      (JSON.parse(textOf(await search(session, args))) as { tools: { name: string }[] }).tools;

    it('answers names, titles and schemas of tools of all providers, best first', async () => {
      const session = await open();
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
      const session = await open('alice', '?mode=dynamic&apps=slack');
      expect(await found(session, { query: 'email' })).toEqual([]);
      expect(await found(session, { query: 'post' })).toMatchObject([{ name: 'slack_post' }]);
    });

    it('finds what is new', async () => {
      const session = await open();
      expect(await found(session, { query: 'zeppelin' })).toEqual([]);
      provider.answer = async () => [...TOOLS, ofApp('air', 'zeppelin')];
      provider.announce();
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
      const answer = await search(await open(), args);
      expect(answer.result?.isError).toBe(true);
      expect(textOf(answer)).toContain(field);
    });
  });

  describe('call-tool', () => {
    const run = (session: string, args: object) => ask(session, callTool(1, 'call-tool', args));

    it('calls any tool of the view, with its arguments and as the caller', async () => {
      const session = await open('bob');
      const answer = await ask(session, callTool(1, 'call-tool', { name: 'whoami' }), 'bob');
      expect(textOf(answer)).toBe('bob');
      const echo = { name: 'echo', arguments: { message: 'hello' } };
      expect(await ask(session, callTool(2, 'call-tool', echo), 'bob')).toMatchObject({
        result: { content: [{ text: 'hello' }], unknown: 'kept', _meta: { 'test/unknown': 1 } },
      });
    });

    it.each(['nothing', 'gmail-send-email', 'call-tool', 'enable-tools', 'slack_post'])(
      'says in words that "%s" is not there',
      async (name) => {
        const answer = await run(await open('alice', '?mode=dynamic&apps=gmail'), { name });
        expect(answer.result?.isError).toBe(true);
        expect(textOf(answer)).toBe(`Unknown tool: ${name}. Use search-tools to find the tools that there are.`);
      },
    );

    it.each([
      [{}],
      [{ name: 1 }],
      [{ name: '' }],
      [{ name: 'echo', arguments: 'x' }],
      [{ name: 'echo', arguments: [] }],
    ])('refuses what it cannot read, in words: case %#', async (args) => {
      const answer = await run(await open(), args);
      expect(answer.result?.isError).toBe(true);
      expect(textOf(answer)).toMatch(/^(name|arguments) must be/);
    });

    it('relays progress, and errors to their readers', async () => {
      const session = await open();
      const steps = { name: 'steps', arguments: { count: 2 } };
      const all = await messages(await send(app.url, callTool(1, 'call-tool', steps, 'token'), { session }));
      expect(all).toMatchObject([
        { params: { progress: 1, progressToken: 'token' } },
        { params: { progress: 2, progressToken: 'token' } },
        { id: 1, result: { content: [{ text: 'done' }] } },
      ]);
      expect(await run(session, { name: 'busy' })).toMatchObject({ result: { isError: true } });
      expect(await run(session, { name: 'reject' })).toMatchObject({ error: { code: -32050 } });
    });

    it('is cancelled like any call', async () => {
      const session = await open();
      const held = app.provider.nextHeld();
      const aborted = new Promise((resolve) => app.provider.events.once('aborted', resolve));
      const pending = send(app.url, callTool('c', 'call-tool', { name: 'hold' }), { session });
      await held;
      await send(
        app.url,
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
      return (await (await modern(app.url, call, { query: '?mode=dynamic' })).json()) as Answer;
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
    const all = events(await fetch(`${app.url}/sse?mode=dynamic`, { headers, signal: controller.signal }));
    const next = async () => (await all.next()).value!.data;
    const endpoint = await next();
    const post = (body: object) =>
      fetch(`${app.url}${endpoint}`, {
        method: 'POST',
        headers: { authorization: 'Bearer alice', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await post(request(1, 'tools/list'));
    expect(names(JSON.parse(await next()) as Answer)).toEqual(OWN);
    expect(provider.asked).toHaveLength(0);
    await post(callTool(2, 'enable-tools', { tools: ['slack-post'] }));
    expect(textOf(JSON.parse(await next()) as Answer)).toBe('Enabled tools: slack_post');
    expect(await next()).toBe(LIST_CHANGED);
    await post(request(3, 'tools/list'));
    expect(names(JSON.parse(await next()) as Answer)).toEqual([...OWN, 'slack_post']);
    controller.abort();
  });
});
