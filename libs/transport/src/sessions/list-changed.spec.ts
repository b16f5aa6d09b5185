import { Bus } from '@manifold/bus';
import { AnnouncingProvider, SilentProvider, tool, tools } from '@manifold/tool-registry/testing';
import { eventually } from '../../../../test/support/eventually.js';
import { events, openSessionWith, request, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { principalOf, startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { EVENTS_KEPT_MS } from '../streams/event-records.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { SessionUpkeep } from './session-upkeep.js';
import { TransportStatus } from '../endpoints/transport-status.js';

const LIST_CHANGED = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
const keyOf = (user: string): string => principalOf(`Bearer ${user}`).key;

interface Listening {
  readonly capabilities?: object;
  /** Query of the URL. */
  readonly query?: string;
}

/** A client that listens, and does nothing else. */
async function listen(app: TransportApp, user: string, { capabilities = {}, query = '' }: Listening = {}) {
  const session = await openSessionWith(app.url, capabilities, { user, query });
  const controller = new AbortController();
  const stream = events(await withoutBody(app.url, 'GET', { session, user, signal: controller.signal }));
  return {
    next: async () => (await stream.next()).value?.data,
    /** A message of its own, to show that no other came before it. */
    mark: (): void => {
      for (const { id, stream: open } of app.get(LegacySessions).all()) if (id === session) open!.send('"mark"');
    },
    leave: () => controller.abort(),
    tools: async () => {
      const response = await send(app.url, request(1, 'tools/list'), { session, user });
      const { result } = (await response.json()) as { result: { tools: { name: string }[] } };
      return result.tools.map(({ name }) => name);
    },
  };
}

async function listenOverSse(app: TransportApp, user: string) {
  const controller = new AbortController();
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${user}` };
  const stream = events(await fetch(`${app.url}/sse`, { headers, signal: controller.signal }));
  await stream.next();
  return { next: async () => (await stream.next()).value?.data, leave: () => controller.abort() };
}

describe('notifications/tools/list_changed', () => {
  const announcing = new AnnouncingProvider(() => tools('a'), 'announcing');
  const silent = new SilentProvider(() => tools('b'), 'silent');
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport({ settings: { TOOL_LIST_TTL_MS: '100' }, providers: [announcing, silent] });
  });
  afterAll(() => app.discard());

  /** Resolves when the silent provider has been asked for this user once more. */
  const nextQuestion = (user: string): Promise<void> =>
    new Promise((resolve) => {
      const { answer } = silent;
      silent.answer = (context) => {
        if (context.principal.subject === user) {
          silent.answer = answer;
          resolve();
        }
        return answer(context);
      };
    });

  it('goes to each stream of the user whose tools have changed, and to nobody else', async () => {
    const [alice, alsoAlice, bob] = [
      await listen(app, 'alice'),
      await listenOverSse(app, 'alice'),
      await listen(app, 'bob'),
    ];
    announcing.answer = ({ principal }) => (principal.subject === 'alice' ? tools('a', 'more') : tools('a'));
    announcing.announce(keyOf('alice'));
    expect(await alice.next()).toBe(LIST_CHANGED);
    expect(await alsoAlice.next()).toBe(LIST_CHANGED);
    bob.mark();
    expect(await bob.next()).toBe('"mark"');
    announcing.answer = () => tools('a', 'others');
    announcing.announce();
    expect(await bob.next()).toBe(LIST_CHANGED);
    for (const client of [alice, alsoAlice, bob]) client.leave();
  });

  it('goes to nobody whose view shows the same tools as before', async () => {
    const [all, of, sampling] = [
      await listen(app, 'dave'),
      await listen(app, 'dave', { query: '?apps=fixture' }),
      await listen(app, 'dave', { capabilities: { sampling: {} } }),
    ];
    const clients = [all, of, sampling];
    for (const client of clients) await client.tools();
    announcing.answer = async () => [...(await tools('a', 'others')), { ...tool('sampler'), needsOneOf: ['sampling'] }];
    announcing.announce();
    expect(await sampling.next()).toBe(LIST_CHANGED);
    announcing.answer = async () => [
      ...(await tools('a', 'others', 'd')),
      { ...tool('sampler'), needsOneOf: ['sampling'] },
    ];
    announcing.announce();
    expect([await sampling.next(), await all.next()]).toEqual([LIST_CHANGED, LIST_CHANGED]);
    for (const client of clients) client.mark();
    for (const client of clients) expect(await client.next()).toBe('"mark"');
    for (const client of clients) client.leave();
  });

  it('goes to all whose lists may have changed where there are replicas, because another one may show the change later', async () => {
    const bus = jest.replaceProperty(app.get(Bus), 'isShared', true);
    const client = await listen(app, 'frank', { query: '?apps=fixture' });
    try {
      await client.tools();
      announcing.answer = () => tools('a', 'elsewhere');
      announcing.announce();
      expect(await client.next()).toBe(LIST_CHANGED);
    } finally {
      bus.restore();
      client.leave();
    }
  });

  it('is about tools that a client can call: others are not listed', async () => {
    announcing.answer = async () => [
      { ...tool('sampler'), needsOneOf: ['sampling'] },
      { ...tool('asker'), needsOneOf: ['elicitation', 'sampling'] },
    ];
    announcing.announce();
    const shown = async (capabilities: object) => {
      const client = await listen(app, 'erin', { capabilities });
      const names = await client.tools();
      client.leave();
      return names.filter((name) => ['sampler', 'asker'].includes(name));
    };
    expect(await shown({})).toEqual([]);
    expect(await shown({ roots: {} })).toEqual([]);
    expect(await shown({ elicitation: {} })).toEqual(['asker']);
    expect(await shown({ sampling: {} })).toEqual(['sampler', 'asker']);
  });

  it('goes to a client that only listens, when a provider that announces nothing has changed for its user', async () => {
    const [alice, bob] = [await listen(app, 'alice'), await listen(app, 'bob')];
    await nextQuestion('alice');
    silent.answer = ({ principal }) => (principal.subject === 'alice' ? tools('b', 'c') : tools('b'));
    expect(await alice.next()).toBe(LIST_CHANGED);
    await nextQuestion('bob');
    await nextQuestion('bob');
    bob.mark();
    expect(await bob.next()).toBe('"mark"');
    for (const client of [alice, bob]) client.leave();
  });

  it('costs the provider nothing when the client has left and does not come back', async () => {
    const [carol, bob] = [await listen(app, 'carol'), await listen(app, 'bob')];
    await nextQuestion('carol');
    carol.leave();
    await eventually('only bob listens', () => app.get(TransportStatus).streams === 1);
    await app.get(SessionUpkeep).run(Date.now() + EVENTS_KEPT_MS + 1_000);
    for (let question = 0; question < 3; question += 1) await nextQuestion('bob');
    const askedFor = (user: string): number =>
      silent.asked.filter(({ principal }) => principal.subject === user).length;
    const before = askedFor('carol');
    for (let question = 0; question < 3; question += 1) await nextQuestion('bob');
    expect(askedFor('carol')).toBe(before);
    bob.leave();
  });
});
