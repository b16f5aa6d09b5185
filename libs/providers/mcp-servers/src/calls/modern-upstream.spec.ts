import { HttpUpstream, modernServer } from '../../../../../test/support/upstreams.js';
import { as, callTool, type CallerOptions } from '../../testing/src/callers.js';
import { accepting, FakeClient, never } from '../../testing/src/fake-client.js';
import { principalOf, TestGateway, textOf, until } from '../../testing/src/gateway.js';

afterAll(() => TestGateway.destroyAll());

/** A server of the official SDK that refuses the legacy era. */
describe.each(['stdio', 'http'])('a server of the modern era, over %s', (transport) => {
  let gateway: TestGateway;
  let upstream: HttpUpstream | undefined;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    if (transport === 'http') upstream = await HttpUpstream.modern();
    const settings = upstream ? { transportType: 'streamable_http', url: upstream.url } : modernServer();
    await gateway.rest('POST', '/mcp/servers', { name: 'modern', ...settings });
  });
  afterAll(async () => {
    await gateway.destroy();
    await upstream?.stop();
  });

  const call = async (tool: string, marker?: string, brought: CallerOptions = {}, user = 'alice'): Promise<unknown> => {
    const args = marker === undefined ? {} : { marker };
    const result = await as(user, (context) => callTool(gateway.provider, 'modern', tool, args, context), brought);
    return JSON.parse(textOf(result));
  };

  it('is spoken to in its era, and lists what it offers', async () => {
    expect((await gateway.rest('GET', '/mcp/servers/modern')).body.server).toMatchObject({ status: 'connected' });
    const resources = await as('alice', (context) => gateway.provider.listResources(context));
    expect(resources).toMatchObject([{ app: 'modern', uri: 'sim://note' }]);
    const introduction = gateway.provider.serverFeatures('modern', principalOf('alice'));
    expect(introduction).toMatchObject({ instructions: 'Ask away.', serverInfo: { name: 'sdk-modern' } });
    const read = await as('alice', (context) => gateway.provider.readResource('modern', 'sim://note', context));
    expect(read).toMatchObject({ contents: [{ text: 'a note' }] });
    expect(read.resultType).toBeUndefined();
  });

  it('asks everything at once, under its own names, and is told the answers', async () => {
    const client = new FakeClient(accepting);
    const request = jest.spyOn(client, 'request');
    const answers = { one: 'answer to x one', two: 'answer to x two' };
    expect(await call('ask', 'x', client.brought)).toEqual({ marker: 'x', ...answers });
    expect(request).toHaveBeenCalledTimes(1);
    expect(Object.keys(request.mock.calls[0]![0])).toEqual(['one', 'two']);
  });

  it('never crosses what many callers are asked, told and answered', async () => {
    const callers = Array.from({ length: 20 }, (_, caller) => caller);
    const calls = callers.flatMap((caller) => Array.from({ length: 10 }, (_, number) => ({ caller, number })));
    const clients = callers.map((caller) => new FakeClient(accepting, { elicitation: {} }, `session-${caller}`));
    const answers = await Promise.all(
      calls.map(({ caller, number }) => {
        const { client } = clients[caller]!.brought;
        return call('ask', `${caller}-${number}`, { client, timeoutMs: 500_000 }, `user-${caller}`);
      }),
    );
    expect(answers).toEqual(
      calls.map(({ caller, number }) => {
        const marker = `${caller}-${number}`;
        return { marker, one: `answer to ${marker} one`, two: `answer to ${marker} two` };
      }),
    );
    for (const [caller, client] of clients.entries()) {
      expect(client.requests).toHaveLength(20);
      expect(client.requests.every(({ params }) => String(params?.message).startsWith(`${caller}-`))).toBe(true);
    }
  });

  it('needs no connection of its own for a client that can be asked', async () => {
    const { client } = new FakeClient(accepting).brought;
    expect(await call('pid', undefined, { client })).toBe(await call('pid'));
  });

  it('is told with each request what the client of that request can do', async () => {
    const sampling = new FakeClient(accepting, { sampling: { tools: {} } }).brought.client;
    expect(await call('capabilities', undefined, { client: sampling })).toEqual({ sampling: { tools: {} } });
    expect(await call('capabilities')).toEqual({});
  });

  it('passes what it logs to whoever reads it', async () => {
    const client = new FakeClient(accepting);
    await call('ask', 'y', client.brought);
    expect(client.logs.map(({ data }) => data)).toEqual(['y in round 1', 'y in round 2']);
  });

  it('is refused when it asks a client that cannot be asked, or for ever', async () => {
    await expect(call('ask', 'x')).rejects.toMatchObject({ name: 'ProviderError', code: 'upstream_rejected' });
    const { client } = new FakeClient(accepting).brought;
    await expect(call('ask_for_ever', 'x', { client })).rejects.toThrow('asked more than 16 times');
  });

  it("ends a call with the client's refusal, and a server request with its call", async () => {
    const refusing = new FakeClient(() => Promise.reject(new Error('no')), { elicitation: {} });
    await expect(call('ask', 'x', { client: refusing.brought.client })).rejects.toThrow('no');
    const silent = new FakeClient(never).brought.client;
    await expect(call('ask', 'x', { client: silent, timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' });
  });

  it('is told that a call was cancelled', async () => {
    const [before, arrived] = [(await call('cancelled')) as number, (await call('slow_calls')) as number];
    const slow = as('alice', async (context, cancel) => {
      const running = callTool(gateway.provider, 'modern', 'slow', {}, context);
      running.catch(() => undefined);
      await until(async () => (await call('slow_calls')) === arrived + 1);
      cancel();
      await running;
    });
    await expect(slow).rejects.toMatchObject({ code: 'cancelled' });
    await until(async () => (await call('cancelled')) === before + 1);
  });

  it('tells of changes of a resource, to all who listen and no longer', async () => {
    const heard: unknown[] = [];
    const listen = () =>
      as('alice', (context) =>
        gateway.provider.subscribeResource('modern', 'sim://note', context, ({ uri }) => heard.push(uri)),
      );
    const ends = await Promise.all([listen(), listen()]);
    await call('touch');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['sim://note', 'sim://note']);
    ends.forEach((end) => end());
  });

  it('says when its tools have changed', async () => {
    await call('grow');
    await until(async () => (await gateway.list()).some(({ name }) => name.startsWith('added_')));
  });
});
