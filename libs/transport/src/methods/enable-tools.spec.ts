import { holdTimers } from '../../../../test/support/hold-timers.js';
import { callTool, events, request, withoutBody } from '../../testing/src/mcp-wire.js';
import { DynamicApp, LIST_CHANGED, OWN_TOOLS, textOf, TOOLS } from '../../testing/src/dynamic-app.js';
import { principalOf } from '../../testing/src/transport-app.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';
import { SessionStore } from '../sessions/session-store.js';

describe('enable-tools', () => {
  let dynamic: DynamicApp;

  beforeEach(async () => {
    dynamic = await DynamicApp.start();
  });
  afterEach(() => dynamic.app.discard());

  it('enables by public name or alias, replaces what was enabled, and says what it does not know', async () => {
    const session = await dynamic.open();
    const first = await dynamic.enable(session, 'gmail-send-email', 'slack_post', 'gmail_fly');
    expect(first.result?.isError).toBeUndefined();
    expect(textOf(first)).toBe('Enabled tools: gmail_send-email, slack_post\nUnknown tools: gmail_fly');
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, 'gmail_send-email', 'slack_post']);
    expect(textOf(await dynamic.enable(session, 'gmail_read-email'))).toBe('Enabled tools: gmail_read-email');
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, 'gmail_read-email']);
    expect(textOf(await dynamic.enable(session))).toBe('No tools are enabled');
    expect(await dynamic.list(session)).toEqual(OWN_TOOLS);
  });

  it('lists enabled tools as their owner describes them', async () => {
    const session = await dynamic.open();
    await dynamic.enable(session, 'slack_post');
    const { result } = await dynamic.ask(session, request(1, 'tools/list'));
    expect(result!.tools!.at(-1)).toEqual({ ...TOOLS[2]!.definition, name: 'slack_post' });
  });

  it('lets enabled tools be called, and no others', async () => {
    const session = await dynamic.open();
    await dynamic.enable(session, 'slack_post');
    expect(textOf(await dynamic.ask(session, callTool(3, 'slack_post')))).toBe('{"name":"slack_post"}');
    expect((await dynamic.ask(session, callTool(4, 'gmail_send-email'))).error).toMatchObject({ code: -32602 });
    await dynamic.enable(session, 'gmail_send-email');
    expect((await dynamic.ask(session, callTool(5, 'slack_post'))).error).toMatchObject({ code: -32602 });
  });

  it('knows the tools of the view only', async () => {
    const session = await dynamic.open('alice', '?mode=dynamic&apps=slack');
    expect(textOf(await dynamic.enable(session, 'gmail_send-email', 'slack-post'))).toBe(
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
    const session = await dynamic.open();
    await dynamic.enable(session, 'slack_post');
    const answer = await dynamic.ask(session, callTool(2, 'enable-tools', args));
    expect(answer.result?.isError).toBe(true);
    expect(textOf(answer)).toContain('enable-tools takes {"tools": [...]}');
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, 'slack_post']);
  });

  it('belongs to one session: neither another of the same user nor another user sees it', async () => {
    const [mine, other, bobs] = [await dynamic.open(), await dynamic.open(), await dynamic.open('bob')];
    await dynamic.enable(mine, 'slack_post');
    expect(await dynamic.list(other)).toEqual(OWN_TOOLS);
    expect(await dynamic.list(bobs, 'bob')).toEqual(OWN_TOOLS);
    expect((await dynamic.ask(other, callTool(1, 'slack_post'))).error).toMatchObject({ code: -32602 });
  });

  it('survives a restart', async () => {
    const session = await dynamic.open();
    await dynamic.enable(session, 'slack_post', 'gmail_send-email');
    await dynamic.restart();
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, 'slack_post', 'gmail_send-email']);
  });

  it('is kept while the upkeep of sessions writes to the same record', async () => {
    const session = await dynamic.open();
    const store = dynamic.app.get(SessionStore);
    await Promise.all([
      dynamic.enable(session, 'slack_post'),
      ...Array.from({ length: 10 }, (_, index) => store.refresh(session, Date.now() + index)),
    ]);
    await dynamic.restart();
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, 'slack_post']);
  });

  it('leaves memory and store the same when many happen at once, and the database answers in another order', async () => {
    const session = await dynamic.open();
    const store = dynamic.app.get(SessionStore);
    const change = store.change.bind(store);
    let wait = 200;
    jest.spyOn(store, 'change').mockImplementation(async (...changes) => {
      const revision = await change(...changes);
      await new Promise((resolve) => setTimeout(resolve, (wait -= 40)));
      return revision;
    });
    const sets = [['slack_post'], ['gmail_send-email', 'gmail_read-email'], [], ['gmail_read-email']];
    await Promise.all(sets.map((tools, id) => dynamic.ask(session, callTool(id, 'enable-tools', { tools }))));
    const { value } = (await store.get(session))!;
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, ...(value.enabledTools ?? [])]);
    expect(sets).toContainEqual(value.enabledTools);
  });

  it('fails when the session ends meanwhile', async () => {
    const session = await dynamic.open();
    await dynamic.app.get(SessionStore).remove(session);
    expect((await dynamic.enable(session, 'slack_post')).error).toEqual({ code: -32001, message: 'Session not found' });
  });

  it('leaves out an enabled tool that is gone, and lists it when it is back', async () => {
    const session = await dynamic.open();
    await dynamic.enable(session, 'slack_post', 'gmail_send-email');
    dynamic.provider.answer = async () => TOOLS.slice(0, 2);
    dynamic.provider.announce();
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, 'gmail_send-email']);
    expect((await dynamic.ask(session, callTool(1, 'slack_post'))).error).toMatchObject({ code: -32602 });
    dynamic.provider.answer = async () => TOOLS;
    dynamic.provider.announce();
    expect(await dynamic.list(session)).toEqual([...OWN_TOOLS, 'slack_post', 'gmail_send-email']);
  });
});

/** The same tools with other titles. */
const OTHERS = TOOLS.map((tool) => ({ ...tool, definition: { ...tool.definition, title: 'another' } }));

describe('list_changed of enabled tools', () => {
  let dynamic: DynamicApp;

  beforeEach(async () => {
    dynamic = await DynamicApp.start();
  });
  afterEach(() => dynamic.app.discard());

  const stream = async (session: string, user = 'alice') => {
    const controller = new AbortController();
    const all = events(await withoutBody(dynamic.app.url, 'GET', { session, user, signal: controller.signal }));
    return {
      next: async () => (await all.next()).value?.data,
      mark: () => {
        for (const { id, stream } of dynamic.app.get(LegacySessions).all()) if (id === session) stream!.send('"mark"');
      },
      leave: () => controller.abort(),
    };
  };

  it('goes to the stream of the session that enabled tools, once for several changes, and to no other', async () => {
    const [session, other, bobs] = [await dynamic.open(), await dynamic.open(), await dynamic.open('bob')];
    const streams = [await stream(session), await stream(other), await stream(bobs, 'bob')];
    const announcements = holdTimers(50); // however long the three changes take
    const counts = await Promise.all(
      [['slack_post'], ['gmail_send-email'], ['gmail_read-email']].map(
        async (tools, id) => (await dynamic.askAndCount(session, callTool(id, 'enable-tools', { tools })))[1],
      ),
    );
    expect(counts).toEqual([0, 0, 0]);
    for (const announce of announcements.held.values()) announce();
    jest.restoreAllMocks();
    expect(await streams[0]!.next()).toBe(LIST_CHANGED);
    for (const { next, mark, leave } of streams) {
      mark();
      expect(await next()).toBe('"mark"');
      leave();
    }
  });

  it('comes before the result where the session has no stream', async () => {
    const session = await dynamic.open();
    const args = { tools: ['slack_post'] };
    const [, count] = await dynamic.askAndCount(session, callTool(1, 'enable-tools', args));
    expect(count).toBe(1);
  });

  it('is not sent where nothing has changed', async () => {
    const session = await dynamic.open();
    await dynamic.enable(session, 'slack_post', 'gmail_send-email');
    const args = { tools: ['gmail-send-email', 'slack_post', 'nothing'] };
    expect((await dynamic.askAndCount(session, callTool(1, 'enable-tools', args)))[1]).toBe(0);
  });

  it('tells of changes at the provider as soon as tools are enabled, and not before', async () => {
    const session = await dynamic.open();
    const { next, mark, leave } = await stream(session);
    dynamic.provider.announce(principalOf('Bearer alice').key);
    mark();
    expect(await next()).toBe('"mark"');
    await dynamic.enable(session, 'slack_post');
    expect(await next()).toBe(LIST_CHANGED);
    dynamic.provider.answer = async () => OTHERS;
    dynamic.provider.announce(principalOf('Bearer alice').key);
    expect(await next()).toBe(LIST_CHANGED);
    leave();
  });

  it('tells of changes at the provider on a stream that is opened after a restart', async () => {
    const session = await dynamic.open();
    await dynamic.enable(session, 'slack_post');
    await dynamic.restart();
    const { next, leave } = await stream(session);
    dynamic.provider.answer = async () => OTHERS;
    dynamic.provider.announce(principalOf('Bearer alice').key);
    expect(await next()).toBe(LIST_CHANGED);
    leave();
  });
});
