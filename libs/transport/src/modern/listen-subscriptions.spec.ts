import { eventually } from '../../../../test/support/eventually.js';
import { RelayProvider, text } from '../../testing/src/relay-provider.js';
import { events, modern } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { TransportStatus } from '../endpoints/transport-status.js';

const ID = 'io.modelcontextprotocol/subscriptionId';
const OF_TWO = 'a://1#:~:mcp-server=two';
const tag = (id: unknown) => ({ _meta: { [ID]: id } });

describe('subscriptions/listen', () => {
  const provider = new RelayProvider({
    one: { resources: ['a://1'], tools: { x: async () => text('x') } },
    two: { resources: ['a://1', 'a://2'], prompts: ['hello'] },
  });
  let app: TransportApp;

  beforeEach(async () => {
    app = await startTransport({ providers: [provider] });
    provider.subscribed.clear();
  });
  afterEach(() => app.discard());

  const open = (notifications: unknown, id: unknown = 7, signal?: AbortSignal) =>
    modern(app.url, { id, method: 'subscriptions/listen', params: { notifications } }, { signal });
  async function listen(notifications: unknown, id: unknown = 7) {
    const controller = new AbortController();
    const response = await open(notifications, id, controller.signal);
    const stream = events(response);
    const next = async (): Promise<unknown> => {
      const { value, done } = await stream.next();
      return done ? undefined : (JSON.parse(value.data) as unknown);
    };
    return { response, next, leave: () => controller.abort() };
  }
  const changed = (list: string, id: unknown = 7) => ({
    jsonrpc: '2.0',
    method: `notifications/${list}/list_changed`,
    params: tag(id),
  });

  it('first says what it will tell, and then tells that and nothing else', async () => {
    const wanted = { promptsListChanged: true, toolsListChanged: false, unknown: true, resourceSubscriptions: [] };
    const { response, next } = await listen(wanted);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(await next()).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { ...tag(7), notifications: { promptsListChanged: true } },
    });
    provider.announce('tools');
    provider.announce('resources');
    provider.announce('prompts');
    expect(await next()).toEqual(changed('prompts'));
  });

  it('tells of each list that changes, on each stream with its own id', async () => {
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const streams = await Promise.all([listen(all, 'a'), listen(all, 1)]);
    await Promise.all(streams.map(({ next }) => next()));
    for (const list of ['tools', 'prompts', 'resources'] as const) {
      provider.announce(list);
      expect(await streams[0].next()).toEqual(changed(list, 'a'));
      expect(await streams[1].next()).toEqual(changed(list, 1));
    }
  });

  it('tells of resources under the URIs that were asked for, and leaves out those that it cannot follow', async () => {
    const { next, leave } = await listen({ resourceSubscriptions: [OF_TWO, OF_TWO, 'a://2'] });
    expect(await next()).toMatchObject({
      params: { notifications: { resourceSubscriptions: [OF_TWO, 'a://2'] } },
    });
    provider.update('one', 'a://1');
    provider.update('two', 'a://1', { _meta: { x: 1 } });
    expect(await next()).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: { uri: OF_TWO, _meta: { x: 1, [ID]: 7 } },
    });
    leave();
    await eventually('the subscriptions end with the stream', () => provider.subscribed.size === 0);
    expect(app.get(TransportStatus)).toMatchObject({ streams: 0, sessions: 0 });
  });

  it('leaves out what a provider refuses', async () => {
    provider.subscribeResource = () => Promise.reject(new Error('a fault'));
    const { next } = await listen({ resourceSubscriptions: [OF_TWO] });
    Reflect.deleteProperty(provider, 'subscribeResource');
    expect(await next()).toMatchObject({ params: { notifications: {} } });
  });

  it('says nothing before it has said what it will tell', async () => {
    const subscribe = provider.subscribeResource.bind(provider);
    provider.subscribeResource = async (own, uri, context, onUpdated) => {
      onUpdated({ uri });
      return subscribe(own, uri, context, onUpdated);
    };
    const { next } = await listen({ resourceSubscriptions: ['a://2'] });
    Reflect.deleteProperty(provider, 'subscribeResource');
    expect(await next()).toMatchObject({ method: 'notifications/subscriptions/acknowledged' });
    expect(await next()).toMatchObject({ method: 'notifications/resources/updated' });
  });

  it('ends with a result when the gateway stops', async () => {
    const { next } = await listen({ toolsListChanged: true });
    await next();
    const stopped = app.stop();
    expect(await next()).toMatchObject({ id: 7, result: { resultType: 'complete', ...tag(7) } });
    expect(await next()).toBeUndefined();
    await stopped;
  });

  it.each([
    [undefined],
    [null],
    [[]],
    ['tools'],
    [{ toolsListChanged: 'yes' }],
    [{ resourceSubscriptions: 'a://1' }],
    [{ resourceSubscriptions: [5] }],
    [{ resourceSubscriptions: Array.from({ length: 101 }, (_, index) => `a://${index}`) }],
  ])('refuses what is no filter: %j', async (notifications) => {
    const response = await open(notifications);
    expect(await response.json()).toMatchObject({ id: 7, error: { code: -32602 } });
    expect(app.get(TransportStatus)).toMatchObject({ streams: 0, sessions: 0 });
  });

  it('takes a place like a session does', async () => {
    const full = await startTransport({ providers: [provider], settings: { MCP_MAX_SESSIONS: '1' } });
    try {
      const message = { id: 7, method: 'subscriptions/listen', params: { notifications: {} } };
      const first = await modern(full.url, message);
      const second = await modern(full.url, message);
      expect([first.status, second.status, second.headers.get('retry-after')]).toEqual([200, 503, '5']);
      expect(await second.json()).toMatchObject({ id: 7, error: { code: -32000 } });
      await first.body?.cancel();
    } finally {
      await full.discard();
    }
  });
});
