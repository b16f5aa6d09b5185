import { randomUUID } from 'node:crypto';
import { RelayProvider } from '../../testing/src/relay-provider.js';
import { modern, openSession, openSessionWith, request, send } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

interface Answer {
  readonly result?: Record<string, unknown> & { readonly nextCursor?: string };
  readonly error?: { readonly code: number; readonly message?: string; readonly data?: unknown };
}

const MANY = Array.from({ length: 1_203 }, (_, index) => `many://${index}`);
const named = (server: string) => `:~:mcp-server=${server}`;

describe('resources of several servers', () => {
  let app: TransportApp;
  let session: string;
  const provider = new RelayProvider({
    first: { resources: ['a://1', 'a://2', 'a://2'], templates: ['note://{id}', 'own://{id}'] },
    second: { resources: ['a://2', 'b://1#part'], templates: ['note://{id}'] },
    third: { resources: ['a://2', 'b://1#part', 'a://2#second'] },
    open: {
      resources: ['open://listed'],
    },
    many: { resources: MANY },
  });

  beforeAll(async () => {
    app = await startTransport({ providers: [provider] });
    session = await openSession(app.url);
  });
  afterAll(() => app.discard());

  const ask = async (method: string, params: object = {}, as = session, path?: string) =>
    (await (await send(app.url, request(1, method, params), { session: as, path })).json()) as Answer;
  const read = async (uri: string): Promise<unknown> => (await ask('resources/read', { uri })).result?.contents;
  const modernly = async (method: string, params: object = {}, user = 'alice') =>
    (await (await modern(app.url, { id: 1, method, params }, { user })).json()) as Answer;

  async function all(list: string, member: string): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    let cursor: string | undefined;
    do {
      const { result } = await ask(list, { cursor });
      found.push(...(result![member] as Record<string, unknown>[]));
      cursor = result!.nextCursor;
    } while (cursor !== undefined);
    return found;
  }

  it('are listed page by page, in order, each once, and under URIs that do not collide', async () => {
    const listed = await all('resources/list', 'resources');
    const uris = listed.map(({ uri }) => uri);
    expect(uris.slice(0, 8)).toEqual([
      `a://1#${named('first')}`,
      `a://2#${named('first')}`,
      `a://2#${named('second')}`,
      `b://1#part${named('second')}`,
      `a://2#${named('third')}`,
      `b://1#part${named('third')}`,
      `a://2#second${named('third')}`,
      `open://listed#${named('open')}`,
    ]);
    expect(uris.slice(8)).toEqual(MANY.map((uri) => `${uri}#${named('many')}`));
    expect(listed[2]).toEqual({ uri: `a://2#${named('second')}`, name: 'second a://2', 'x-unknown': 1 });
    expect(await all('resources/list', 'resources')).toEqual(listed);
    const templates = await all('resources/templates/list', 'resourceTemplates');
    expect(templates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      `note://{id}#${named('first')}`,
      `own://{id}#${named('first')}`,
      `note://{id}#${named('second')}`,
    ]);
  });

  it('are read from their owner under its own URI, and come back under the one that was asked for', async () => {
    for (const [uri, server] of [
      ['a://2', 'first'],
      ['a://2', 'second'],
      ['b://1#part', 'third'],
    ] as const) {
      const asked = `${uri}${uri.includes('#') ? '' : '#'}${named(server)}`;
      expect(await read(asked)).toEqual([{ uri: asked, text: `${server} ${uri}`, 'x-unknown': 1 }]);
    }
    expect(await read('a://1')).toEqual([{ uri: 'a://1', text: 'first a://1', 'x-unknown': 1 }]);
  });

  it('are read by template at the server that the URI names, or at the only one whose template fits', async () => {
    const [before, answers] = [provider.apps.first!.read, async (uri: string) => ({ contents: [{ uri, text: uri }] })];
    provider.apps.first!.read = provider.apps.second!.read = answers;
    provider.asked.length = 0;
    const uri = `note://5#${named('second')}`;
    expect(await read(uri)).toEqual([{ uri, text: 'note://5' }]);
    expect(await read('own://6')).toEqual([{ uri: 'own://6', text: 'own://6' }]);
    const unlisted = `other://7#${named('open')}`;
    provider.apps.open!.read = answers;
    expect(await read(unlisted)).toEqual([{ uri: unlisted, text: 'other://7' }]);
    expect(provider.asked).toEqual([
      { app: 'second', uri: 'note://5' },
      { app: 'first', uri: 'own://6' },
      { app: 'open', uri: 'other://7' },
    ]);
    provider.apps.first!.read = provider.apps.second!.read = provider.apps.open!.read = before;
  });

  it('are offered to no server if the URI names none and fits no template, or the templates of several', async () => {
    provider.asked.length = 0;
    for (const uri of ['open://unlisted', `a://1#${named('gone')}`, `a://1#${named('constructor')}`]) {
      expect(await ask('resources/read', { uri })).toMatchObject({ error: { code: -32002, data: { uri } } });
    }
    const { error } = await ask('resources/read', { uri: 'note://5' });
    const candidates = ['first', 'second'].map((server) => `note://5#${named(server)}`);
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining(candidates.join(', ')) });
    expect(provider.asked).toEqual([]);
  });

  it('say which resource is not there, in the words of the era', async () => {
    const uri = `nowhere://${randomUUID()}`;
    const words = { message: 'Resource not found', data: { uri } };
    expect((await ask('resources/read', { uri })).error).toEqual({ code: -32002, ...words });
    expect((await modernly('resources/read', { uri })).error).toEqual({ code: -32602, ...words });
  });

  it('carry hints for caches in the modern era, for this user alone', async () => {
    const hints = { ttlMs: expect.any(Number), cacheScope: 'private', resultType: 'complete' };
    for (const method of ['resources/list', 'resources/templates/list', 'prompts/list']) {
      expect((await modernly(method)).result).toMatchObject(hints);
    }
    expect((await modernly('resources/read', { uri: 'a://1' })).result).toMatchObject({ ...hints, ttlMs: 0 });
    provider.apps.open!.read = async (uri) => ({ contents: [{ uri }], ttlMs: 5_000, cacheScope: 'public' });
    expect((await modernly('resources/read', { uri: 'open://listed' })).result).toMatchObject({
      ...hints,
      ttlMs: 5_000,
    });
    provider.apps.open!.read = async (uri) => ({ contents: [{ uri }], ttlMs: -1 });
    expect((await modernly('resources/read', { uri: 'open://listed' })).result).toMatchObject({ ...hints, ttlMs: 0 });
  });

  it('have cursors that are good for their list, their user and their view only', async () => {
    const { nextCursor } = (await ask('resources/list')).result!;
    const cursor = nextCursor!;
    const refused = { error: { code: -32602 } };
    const [key, sealed] = cursor.split('.');
    const bad = [' ', '0', 500, {}, `${cursor}x`, `${cursor}==`, cursor.slice(0, -2), `0${cursor}`, sealed, `${key}.`];
    for (const wrong of bad) expect(await ask('resources/list', { cursor: wrong })).toMatchObject(refused);
    for (const list of ['prompts/list', 'resources/templates/list', 'tools/list']) {
      expect(await ask(list, { cursor })).toMatchObject(refused);
    }
    expect(await modernly('resources/list', { cursor }, 'bob')).toMatchObject(refused);
    const ofView = await openSession(app.url, 'alice', '2025-11-25', '?apps=many');
    expect(await ask('resources/list', { cursor }, ofView)).toMatchObject(refused);
    expect((await ask('resources/list', { cursor })).result!.resources).toHaveLength(500);
    expect((await modernly('resources/list', { cursor })).result!.resources).toHaveLength(500);
  });

  it.each([[undefined], [5], [null], [{}], ['u'.repeat(10_000)]])('are not read by what is no URI: %p', async (uri) => {
    expect(await ask('resources/read', { uri })).toMatchObject({ error: { code: -32602 } });
  });

  it('are shown as far as the view goes', async () => {
    const ofView = await openSession(app.url, 'alice', '2025-11-25', '?apps=second');
    const { result } = await ask('resources/list', {}, ofView);
    expect(result!.resources).toMatchObject([
      { uri: `a://2#${named('second')}` },
      { uri: `b://1#part${named('second')}` },
    ]);
    for (const uri of ['a://1', `a://1#${named('first')}`]) {
      expect(await ask('resources/read', { uri }, ofView)).toMatchObject({ error: { code: -32002 } });
    }
  });

  it('have their own URIs at the endpoint of their server', async () => {
    const path = '/mcp/servers/second/mcp';
    const own = await openSessionWith(app.url, {}, { path });
    expect((await ask('resources/list', {}, own, path)).result!.resources).toMatchObject([
      { uri: 'a://2' },
      { uri: 'b://1#part' },
    ]);
    const answer = await ask('resources/read', { uri: 'a://2' }, own, path);
    expect(answer.result!.contents).toMatchObject([{ uri: 'a://2', text: 'second a://2' }]);
    expect(await ask('resources/read', { uri: 'a://1' }, own, path)).toMatchObject({ error: { code: -32002 } });
  });

  it('are listed without those of a provider that fails', async () => {
    const broken = new RelayProvider({ x: { resources: ['x://1'] } }, 'broken');
    broken.listResources = () => Promise.reject(new Error('a fault'));
    const other = await startTransport({ providers: [broken, new RelayProvider({ y: { resources: ['y://1'] } })] });
    try {
      const id = await openSession(other.url);
      const answer = await send(other.url, request(1, 'resources/list'), { session: id });
      expect(await answer.json()).toMatchObject({
        result: { resources: [{ uri: `y://1#${named('relay+y')}` }] },
      });
    } finally {
      await other.discard();
    }
  });
});
