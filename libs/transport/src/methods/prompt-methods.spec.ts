import { RelayProvider } from '../../testing/src/relay-provider.js';
import { modern, openSession, openSessionWith, request, send } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

describe('prompts of several servers', () => {
  let app: TransportApp;
  let session: string;
  const provider = new RelayProvider({
    one: { prompts: ['greet', 'with space', 'greet'], templates: ['note://{id}'] },
    two: { prompts: ['greet'], templates: ['note://{id}'] },
  });

  beforeAll(async () => {
    app = await startTransport({ providers: [provider] });
    session = await openSession(app.url);
  });
  afterAll(() => app.discard());

  const ask = async (method: string, params: object = {}, as = session, path?: string) =>
    (await (await send(app.url, request(1, method, params), { session: as, path })).json()) as {
      result?: Record<string, unknown>;
      error?: { code: number };
    };

  it('have public names like tools, and are got under their own', async () => {
    const { result } = await ask('prompts/list');
    const names = (result!.prompts as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['one_greet', expect.stringMatching(/^one_with-space_[0-9a-f]{8}$/), 'two_greet']);
    const got = await ask('prompts/get', { name: 'two_greet', arguments: { who: 'me' } });
    expect(got.result).toMatchObject({ messages: [{ content: { text: 'two greet {"who":"me"}' } }], 'x-unknown': 1 });
    const odd = await ask('prompts/get', { name: names[1] });
    expect(odd.result).toMatchObject({ messages: [{ content: { text: 'one with space undefined' } }] });
    const stateless = await modern(app.url, { id: 1, method: 'prompts/get', params: { name: 'two_greet' } });
    expect(await stateless.json()).toMatchObject({ result: { resultType: 'complete', 'x-unknown': 1 } });
  });

  it('have their own names at the endpoint of their server', async () => {
    const path = '/mcp/servers/two/mcp';
    const own = await openSessionWith(app.url, {}, { path });
    expect((await ask('prompts/list', {}, own, path)).result!.prompts).toEqual([{ name: 'greet', title: 'two greet' }]);
    expect((await ask('prompts/get', { name: 'greet' }, own, path)).result).toMatchObject({ 'x-unknown': 1 });
    expect(await ask('prompts/get', { name: 'two_greet' }, own, path)).toMatchObject({ error: { code: -32602 } });
  });

  it.each([[{}], [{ name: 5 }], [{ name: 'greet' }], [{ name: 'one_greet', arguments: ['a'] }]])(
    'refuse %j',
    async (params) => {
      expect(await ask('prompts/get', params)).toMatchObject({ error: { code: -32602 } });
    },
  );

  describe('completion', () => {
    const argument = { name: 'id', value: 'x' };
    const complete = (ref: unknown, more: object = { argument }) => ask('completion/complete', { ref, ...more });

    it('asks the owner in its own names, and passes what nobody knows', async () => {
      provider.asked.length = 0;
      const { result } = await complete({ type: 'ref/prompt', name: 'two_greet', title: 'kept' }, { argument, x: 1 });
      expect(result).toMatchObject({ completion: { values: ['two', expect.any(String)] } });
      await complete({ type: 'ref/resource', uri: 'note://{id}#:~:mcp-server=two' });
      expect(provider.asked).toEqual([
        { app: 'two', reference: { type: 'ref/prompt', name: 'greet', title: 'kept' }, params: { argument, x: 1 } },
        { app: 'two', reference: { type: 'ref/resource', uri: 'note://{id}' }, params: { argument } },
      ]);
    });

    it.each([
      [undefined],
      ['x'],
      [{ type: 'ref/prompt' }],
      [{ type: 'ref/prompt', name: 'greet' }],
      [{ type: 'ref/resource', uri: 'note://{other}' }],
      [{ type: 'ref/resource', uri: 'note://{id}' }],
      [{ type: 'ref/resource', uri: 'note://{id}#:~:mcp-server=three' }],
      [{ type: 'ref/other', name: 'one_greet' }],
    ])('refuses a reference to nothing: %j', async (ref) => {
      expect(await complete(ref)).toMatchObject({ error: { code: -32602 } });
    });

    it('refuses what completes no argument', async () => {
      const ref = { type: 'ref/prompt', name: 'one_greet' };
      for (const more of [{}, { argument: 'id' }]) {
        expect(await complete(ref, more)).toMatchObject({ error: { code: -32602 } });
      }
    });
  });
});
