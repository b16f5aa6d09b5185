import { eventually } from '../../../../test/support/eventually.js';
import { RelayProvider } from '../../testing/src/relay-provider.js';
import { events, modern, openSession, request, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';

const OF_TWO = 'a://1#:~:mcp-server=two';
const STREAM = { accept: 'text/event-stream' };

describe('a session that listens', () => {
  let app: TransportApp;
  const provider = new RelayProvider({
    one: { resources: ['a://1', 'a://2', 'b://1'], templates: ['note://{id}'] },
    two: { resources: ['a://1'], prompts: ['hello'] },
  });

  beforeEach(async () => {
    app = await startTransport({ providers: [provider] });
  });
  afterEach(() => app.discard());

  const ask = async (session: string, method: string, params: object = {}) =>
    (await (await send(app.url, request(1, method, params), { session })).json()) as object;
  async function listen(session: string) {
    const stream = events(await withoutBody(app.url, 'GET', { session, headers: STREAM }));
    const next = async (): Promise<unknown> => {
      for (;;) {
        const { data } = (await stream.next()).value!;
        if (data !== '') return JSON.parse(data) as unknown;
      }
    };
    return { next, leave: () => stream.return(undefined) };
  }
  const updated = (uri: string) => ({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } });

  it('hears of the resources that it has subscribed to, under their public URIs, until it unsubscribes', async () => {
    const [session, other] = [await openSession(app.url), await openSession(app.url)];
    const [stream, others] = [await listen(session), await listen(other)];
    for (const uri of [OF_TWO, 'note://7', OF_TWO]) {
      expect(await ask(session, 'resources/subscribe', { uri })).toMatchObject({ result: {} });
    }
    await ask(other, 'resources/subscribe', { uri: 'a://2' });
    provider.update('one', 'a://1');
    provider.update('two', 'a://1', { 'x-unknown': 1 });
    expect(await stream.next()).toMatchObject({ params: { uri: OF_TWO, 'x-unknown': 1 } });
    provider.update('one', 'note://7');
    expect(await stream.next()).toEqual(updated('note://7'));
    expect(await ask(session, 'resources/unsubscribe', { uri: 'note://7' })).toMatchObject({ result: {} });
    expect([...provider.subscribed.keys()]).toEqual(['two a://1', 'one a://2']);
    provider.update('one', 'a://2');
    expect(await others.next()).toEqual(updated('a://2'));
    await withoutBody(app.url, 'DELETE', { session });
    await withoutBody(app.url, 'DELETE', { session: other });
    expect(provider.subscribed.size).toBe(0);
  });

  it('hears of them again after a restart, as soon as it listens', async () => {
    const session = await openSession(app.url);
    await ask(session, 'resources/subscribe', { uri: 'b://1' });
    await ask(session, 'resources/subscribe', { uri: 'a://2' });
    await ask(session, 'resources/unsubscribe', { uri: 'a://2' });
    const { dataDir } = app;
    await app.stop();
    provider.subscribed.clear();
    app = await startTransport({ providers: [provider], dataDir });
    const stream = await listen(session);
    await eventually('the subscription is back', () => provider.subscribed.size > 0);
    expect([...provider.subscribed.keys()]).toEqual(['one b://1']);
    provider.update('one', 'b://1');
    expect(await stream.next()).toEqual(updated('b://1'));
  });

  it('cannot subscribe to what is not there, nor to any number of resources', async () => {
    provider.subscribeResource = () => Promise.reject(new Error('must not be asked'));
    const session = await openSession(app.url);
    for (const uri of [undefined, 5]) {
      expect(await ask(session, 'resources/subscribe', { uri })).toMatchObject({ error: { code: -32602 } });
    }
    Reflect.deleteProperty(provider, 'subscribeResource');
    for (let index = 0; index < 100; index += 1) await ask(session, 'resources/subscribe', { uri: `note://${index}` });
    expect(await ask(session, 'resources/subscribe', { uri: 'b://1' })).toMatchObject({ error: { code: -32602 } });
  });

  it('hears when resources and prompts change, and of each list once for many changes', async () => {
    const stream = await listen(await openSession(app.url));
    for (let count = 0; count < 5; count += 1) provider.announce('resources');
    provider.announce('prompts', 'somebody else');
    expect(await stream.next()).toEqual({ jsonrpc: '2.0', method: 'notifications/resources/list_changed' });
    provider.announce('prompts');
    expect(await stream.next()).toEqual({ jsonrpc: '2.0', method: 'notifications/prompts/list_changed' });
  });

  it('keeps its log level over a restart, and takes no other than those that there are', async () => {
    const session = await openSession(app.url);
    for (const level of [undefined, 'loud', 5, 'INFO']) {
      expect(await ask(session, 'logging/setLevel', { level })).toMatchObject({ error: { code: -32602 } });
    }
    expect(await ask(session, 'logging/setLevel', { level: 'warning' })).toMatchObject({ result: {} });
    const { dataDir } = app;
    await app.stop();
    app = await startTransport({ providers: [provider], dataDir });
    await ask(session, 'ping');
    expect([...app.get(LegacySessions).all()].map(({ logLevel }) => logLevel)).toEqual(['warning']);
  });

  it.each(['logging/setLevel', 'resources/subscribe', 'resources/unsubscribe', 'ping', 'initialize'])(
    'has %s, which the modern era has not',
    async (method) => {
      const response = await modern(app.url, { id: 7, method, params: { uri: 'a://1', level: 'info' } });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ id: 7, error: { code: -32601 } });
    },
  );
});
