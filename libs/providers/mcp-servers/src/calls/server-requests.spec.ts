import { join } from 'node:path';
import { ProviderError, type RawObject } from '@manifold/tool-provider';
import { readJournal } from '../../../../../test/support/journal.js';
import { echoServer, HttpUpstream } from '../../../../../test/support/upstreams.js';
import { as, callTool, type CallerOptions } from '../../testing/src/callers.js';
import { accepting, FakeClient, never } from '../../testing/src/fake-client.js';
import { lives, principalOf, TestGateway, textOf, until } from '../../testing/src/gateway.js';

afterAll(() => TestGateway.destroyAll());

interface Kind {
  readonly title: string;
  readonly transport: 'stdio' | 'http' | 'sse';
  readonly lanes?: boolean;
  /** Callers that make as many calls each, at once. */
  readonly crowd: number;
}

/** Over real processes and over real sockets. */
describe.each<Kind>([
  { title: 'over stdio', transport: 'stdio', crowd: 20 },
  { title: 'over Streamable HTTP', transport: 'http', crowd: 20 },
  { title: 'over HTTP+SSE', transport: 'sse', crowd: 6 },
  { title: 'over stdio with one connection', transport: 'stdio', lanes: false, crowd: 10 },
  { title: 'over Streamable HTTP with one connection', transport: 'http', lanes: false, crowd: 6 },
])("a server's request in a call, $title", ({ transport, lanes, crowd }) => {
  let gateway: TestGateway;
  let upstream: HttpUpstream | undefined;
  let ledger: string;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    ledger = join(gateway.dataDir, 'ledger');
    const flags = ['--asks', `--ledger=${ledger}`];
    if (transport === 'http') upstream = await HttpUpstream.start(...flags);
    if (transport === 'sse') upstream = await HttpUpstream.start('--sse-only', ...flags);
    const settings = upstream ? { transportType: 'streamable_http', url: upstream.url } : echoServer(...flags);
    await gateway.rest('POST', '/mcp/servers', { name: 'asking', lanes, ...settings });
  });
  afterAll(async () => {
    await gateway.destroy();
    await upstream?.stop();
  });

  const call = async (
    user: string,
    tool: string,
    args: Record<string, unknown> = {},
    brought: CallerOptions = {},
  ): Promise<string> =>
    textOf(await as(user, (context) => callTool(gateway.provider, 'asking', tool, args, context), brought));
  const ask = async (client: FakeClient, args: Record<string, unknown>, user = 'alice'): Promise<unknown> =>
    JSON.parse(await call(user, 'ask', args, client.brought));

  /** How often a request of the server was answered with this error. */
  const refusals = (code: number): number => readJournal(ledger).filter(({ error }) => error?.code === code).length;

  it('reaches the client of the call, and the answer the server', async () => {
    const client = new FakeClient(accepting);
    expect(await ask(client, { marker: 'x' })).toEqual({ marker: 'x', answers: ['answer to asked by x'] });
    expect(client.requests).toEqual([
      {
        method: 'elicitation/create',
        params: {
          message: 'asked by x',
          requestedSchema: { type: 'object', properties: { answer: { type: 'string' } } },
        },
      },
    ]);
    expect(client.logs).toEqual(['before x', 'after x'].map((data) => ({ level: 'info', logger: 'asking', data })));
    expect(client.progress.map(({ message }) => message)).toEqual(['before x', 'after x']);
  });

  it('never crosses, with many callers that make many calls each', async () => {
    const callers = Array.from({ length: crowd }, (_, caller) => caller);
    const calls = Array.from({ length: crowd }, (_, number) => number);
    const outcomes = await Promise.all(
      callers.flatMap((caller) =>
        calls.map(async (number) => {
          const marker = `${caller}/${number}`;
          const client = new FakeClient(accepting, { elicitation: {} }, `session of ${caller}`);
          const answer = await call(`user${caller % 5}`, 'ask', { marker }, client.brought);
          return { marker, answer: JSON.parse(answer) as unknown, client };
        }),
      ),
    );
    for (const { marker, answer, client } of outcomes) {
      expect(answer).toEqual({ marker, answers: [`answer to asked by ${marker}`] });
      expect(client.requests.map(({ params }) => params?.message)).toEqual([`asked by ${marker}`]);
      expect(client.logs.map(({ data }) => data)).toEqual([`before ${marker}`, `after ${marker}`]);
      expect(client.progress.map(({ message }) => message)).toEqual([`before ${marker}`, `after ${marker}`]);
    }
  });

  it('passes the refusal of a client on, as it came', async () => {
    const refusal = { code: -1, message: 'User rejected sampling request', data: { why: ['not today'] } };
    const client = new FakeClient(() => {
      throw new ProviderError('upstream_rejected', 'refused', { rpcError: refusal });
    });
    expect(await ask(client, { marker: 'x' })).toEqual({ marker: 'x', answers: [refusal] });
  });

  it('does not ask a client for what it did not declare', async () => {
    const client = new FakeClient(accepting, { roots: {} });
    expect(await ask(client, { marker: 'x' })).toMatchObject({ answers: [{ code: -32601 }] });
    expect(client.requests).toEqual([]);
  });

  it('answers the server with an error where nobody can be asked, and keeps what nobody reads in its log', async () => {
    expect(JSON.parse(await call('alice', 'ask', { marker: 'x' }))).toMatchObject({ answers: [{ code: -32601 }] });
    const { server } = (await gateway.rest('GET', '/mcp/servers/asking')).body;
    expect(server.lanes).toBe(lanes ?? true);
    expect(server.logs.join('\n')).toContain('info [info] asking: after x');
  });

  it('passes what a server asks on, without its progress token, and answers what is malformed', async () => {
    const client = new FakeClient(() => ({ model: 'x' }), { sampling: {}, custom: {} });
    const messages = [
      { id: 'ping', method: 'ping' },
      // The SDK's client for HTTP+SSE keeps it to itself.
      ...(transport === 'sse' ? [] : [{ id: 'bad', method: 'sampling/createMessage', params: ['no', 'object'] }]),
      { id: 0, method: 'sampling/createMessage', params: { _meta: { progressToken: 7, 'x/y': 1 }, maxTokens: 1 } },
      { id: 'own', method: 'example.com/own' },
      { method: 'notifications/message', params: { level: 5 } },
      { method: 'notifications/unknown' },
    ].map((message) => ({ jsonrpc: '2.0', ...message }));
    const answers = JSON.parse(await call('alice', 'ask_raw', { messages }, client.brought)) as RawObject[];
    expect(answers).toMatchObject([
      { id: 'ping', result: {} },
      ...(transport === 'sse' ? [] : [{ id: 'bad', error: { code: -32602 } }]),
      { id: 0, result: { model: 'x' } },
      { id: 'own', result: { model: 'x' } },
    ]);
    expect(client.requests).toEqual([
      { method: 'sampling/createMessage', params: { _meta: { 'x/y': 1 }, maxTokens: 1 } },
      { method: 'example.com/own' },
    ]);
  });

  it('asks no more than 16 things at a time', async () => {
    const before = refusals(-32603);
    const client = new FakeClient(async (asked) => {
      await until(() => refusals(-32603) === before + 4);
      return accepting(asked);
    });
    const answers = JSON.parse(await call('alice', 'ask_many', { count: 20 }, client.brought)) as RawObject[];
    expect(answers.filter(({ action }) => action === 'accept')).toHaveLength(16);
    expect(client.requests).toHaveLength(16);
  });

  it('ends with the call: a server that asks for ever is asked to stop, and its requests go to nobody', async () => {
    const client = new FakeClient(accepting);
    const asking = as(
      'alice',
      (context, cancel) => {
        void until(() => client.requests.length > 0).then(cancel);
        return callTool(gateway.provider, 'asking', 'ask_for_ever', {}, context);
      },
      client.brought,
    );
    await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
    const asked = client.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect(await call('alice', 'echo', { message: 'still here' }, client.brought)).toBe('still here');
    expect(client.requests).toHaveLength(asked);
  });

  it('answers a request that is open when its call ends', async () => {
    const before = refusals(-32603);
    expect(await call('alice', 'ask_and_answer', {}, new FakeClient(never).brought)).toBe('answered');
    await until(() => refusals(-32603) === before + 1);
  });

  it('asks nobody outside of a call', async () => {
    const before = refusals(-32601);
    const client = new FakeClient(accepting);
    await call('alice', 'ask_afterwards', {}, client.brought);
    await until(() => refusals(-32601) === before + 1);
    expect(client.requests).toEqual([]);
  });

  it('takes the secrets of the user out of requests and log lines', async () => {
    const secret = { serverName: 'asking', secretName: 'marker', secretValue: 'canary-of-grace' };
    await gateway.rest('POST', '/secrets/set', secret, 'grace');
    const client = new FakeClient(accepting);
    await ask(client, {}, 'grace');
    expect(client.requests[0]!.params!.message).toBe('asked by [secret]');
    expect(client.logs.map(({ data }) => data)).toEqual(['before [secret]', 'after [secret]']);
  });

  if (transport === 'http') {
    it('is certain also on the stream of GET, which no call has', async () => {
      const client = new FakeClient(accepting);
      await call('alice', 'declared', {}, client.brought);
      // The stream is opened after the session, and nobody says when.
      await until(async () => {
        const outcome = await as(
          'alice',
          (context) => callTool(gateway.provider, 'asking', 'ask', { marker: 'x', elsewhere: true }, context),
          { ...client.brought, timeoutMs: 2_000 },
        ).catch(() => undefined);
        return outcome !== undefined;
      });
      expect(client.requests.length).toBeGreaterThan(0);
      expect(client.logs.map(({ data }) => data)).toContain('before x');
    });
  }

  if (transport === 'stdio' && lanes !== false) {
    it('fails the call in which the process dies, and no other', async () => {
      const client = new FakeClient(never);
      const other = new FakeClient(accepting, { elicitation: {} }, 'another session');
      const [crashed, answered] = await Promise.allSettled([
        call('alice', 'ask_and_crash', {}, client.brought),
        ask(other, { marker: 'y', times: 3 }),
      ]);
      expect(crashed).toMatchObject({ status: 'rejected', reason: { code: 'upstream_unavailable' } });
      expect(answered).toMatchObject({ status: 'fulfilled', value: { marker: 'y' } });
      expect(await ask(new FakeClient(accepting), { marker: 'z' })).toMatchObject({ marker: 'z' });
    });

    it('runs on processes of the caller, with the capabilities of its client, and ends with the server', async () => {
      const declared = async (brought: CallerOptions, user = 'alice') =>
        JSON.parse(await call(user, 'declared', {}, brought)) as { capabilities: unknown; pid: number };
      const shared = await declared({});
      expect(shared.capabilities).toEqual({});
      const one = new FakeClient(accepting, { elicitation: { url: {} }, roots: { listChanged: true } }, 'one');
      const own = await declared(one.brought);
      expect(own.capabilities).toEqual({ elicitation: { url: {} }, roots: {} });
      expect(await declared(one.brought)).toEqual(own);
      const pids = [shared.pid, own.pid];
      for (const [user, session] of [
        ['alice', 'two'],
        ['bob', 'one'],
      ]) {
        const client = new FakeClient(accepting, one.capabilities, session);
        pids.push((await declared(client.brought, user)).pid);
      }
      expect(new Set(pids).size).toBe(4);
      await gateway.rest('PUT', '/mcp/servers/asking/disable');
      expect(pids.filter(lives)).toEqual([]);
      await gateway.rest('PUT', '/mcp/servers/asking/enable');
    });
  }

  if (lanes !== false) {
    it('lists tools that are only for clients that can be asked, once there is one, and keeps others from them', async () => {
      const listed = () => as('alice', (context) => gateway.provider.listTools(context));
      const names = async () => (await listed()).map(({ name }) => name);
      await gateway.rest('PUT', '/mcp/servers/asking', { description: 'a new version' });
      gateway.provider.onClientConnected(principalOf('alice'), { extensions: {} });
      gateway.provider.onClientConnected(principalOf('alice'), { sampling: {} });
      await until(async () => (await names()).includes('only_for_clients'));
      const needs = (await listed()).flatMap(({ name, needsOneOf }) => (needsOneOf ? [[name, needsOneOf]] : []));
      expect(needs).toEqual([['only_for_clients', ['sampling']]]);
      await expect(call('alice', 'only_for_clients')).rejects.toMatchObject({ code: 'upstream_rejected' });
      const client = new FakeClient(accepting, { sampling: {} });
      expect(await call('alice', 'only_for_clients', {}, client.brought)).toBe('for you');
    });
  }
});
