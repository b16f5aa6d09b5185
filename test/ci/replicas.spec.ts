import { hasRedis } from '@manifold/bus/testing';
import {
  callTool,
  events,
  messages,
  initialize,
  request,
  type ServerEvent,
} from '../../libs/transport/testing/src/mcp-wire.js';
import { join } from 'node:path';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

(hasRedis ? describe : describe.skip)('Two replicas on MongoDB and Redis', () => {
  let gateway: GatewayProcess;
  let [one, two]: WireClient[] = [];
  let [operatorAtOne, operatorAtTwo]: RestClient[] = [];

  const rpc = async (response: Response) => (await response.json()) as { result?: Result; error?: { code: number } };
  interface Result {
    readonly tools?: readonly { readonly name: string }[];
    readonly content?: readonly { readonly text: string }[];
    readonly resultType?: string;
    readonly requestState?: string;
    readonly inputRequests?: Record<string, unknown>;
  }
  const echo = callTool(7, 'echo_echo', { message: 'hello' });
  const textOf = ({ result }: { result?: Result }) => result?.content?.[0]?.text;

  /** A session of a client with these capabilities. @returns its id */
  const open = async (replica: WireClient, capabilities: object = {}, path = '/mcp'): Promise<string> => {
    const response = await replica.post(initialize('2025-11-25', capabilities), { path });
    await response.text();
    return response.headers.get('mcp-session-id')!;
  };

  /** The messages of a stream as JSON, one after another. */
  const reader = (response: Response) => {
    const stream = events(response);
    return async (): Promise<ServerEvent & { message: Record<string, unknown> }> => {
      const { value } = (await stream.next()) as { value: ServerEvent };
      return { ...value, message: JSON.parse(value.data) as Record<string, unknown> };
    };
  };

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ replicas: 2, env: { ENABLE_LEGACY_SSE: 'true' } });
    const [a, b] = gateway.replicas.map(({ url }) => url) as [string, string];
    [one, two] = [new WireClient(a), new WireClient(b)];
    [operatorAtOne, operatorAtTwo] = [new RestClient(a), new RestClient(b)];
    await operatorAtOne.register({ name: 'echo', ...echoServer('--asks', '--offers=2') });
    await operatorAtOne.tools();
    await operatorAtTwo.tools();
  });
  afterAll(() => gateway?.dispose());

  it(cites('replicas.registry', 'are of one mind about servers as soon as one has answered'), async () => {
    const serversAt = async (rest: RestClient) =>
      (await rest.request<{ servers: { name: string }[] }>('GET', '/mcp/servers')).body.servers.map(({ name }) => name);
    const call = { serverName: 'second', methodName: 'echo', args: { message: 'here' } };
    await operatorAtOne.register({ name: 'second', ...echoServer() });
    expect(await serversAt(operatorAtTwo)).toContain('second');
    expect((await operatorAtTwo.callTool(call)).status).toBe(200);
    expect((await operatorAtTwo.request('PUT', '/mcp/servers/second', { enabled: false })).status).toBe(200);
    expect((await operatorAtOne.callTool(call)).status).not.toBe(200);
    expect((await operatorAtOne.request('PUT', '/mcp/servers/second', { enabled: true })).status).toBe(200);
    expect((await operatorAtTwo.callTool(call)).status).toBe(200);
    expect((await operatorAtOne.request('DELETE', '/mcp/servers/second')).status).toBe(200);
    expect(await serversAt(operatorAtTwo)).not.toContain('second');
    expect((await operatorAtTwo.callTool(call)).status).toBe(404);
    const racing = await Promise.all(
      [operatorAtOne, operatorAtTwo].map((rest) => rest.register({ name: 'race', ...echoServer() })),
    );
    expect(racing.map(({ status }) => status).sort()).toEqual([200, 409]);
    await operatorAtOne.request('DELETE', '/mcp/servers/race');
  });

  it(cites('replicas.reports', 'tell an operator what a server does on the other, too'), async () => {
    const { command, args } = echoServer();
    const lock = join(gateway.dataDir, 'lock');
    const onlyOnce = `mkdir '${lock}' || exit 3; echo 'I have it' >&2; exec '${command}' ${args.map((arg) => `'${arg}'`).join(' ')}`;
    await operatorAtOne.register({ name: 'rivals', command: 'sh', args: ['-c', onlyOnce] });
    for (const operator of [operatorAtOne, operatorAtTwo]) {
      const logs = await eventually('one has failed, and both say so', async () => {
        const { server } = (await operator.server('rivals')).body;
        return server.lastError?.includes('exited with code 3') && server.logs;
      });
      const times = logs.map((line) => line.split(' ')[0]!);
      expect(logs).toContainEqual(expect.stringContaining('I have it'));
      expect(logs).toContainEqual(expect.stringContaining('File exists'));
      expect(times).toEqual([...times].sort());
    }
    await operatorAtOne.remove('rivals');
  });

  it(
    cites('replicas.secrets', 'use a secret that was set at the other, and miss one that was deleted there'),
    async () => {
      const [aliceAtOne, aliceAtTwo] = gateway.replicas.map(({ url }) => new RestClient(url, { user: 'alice' }));
      const call = { serverName: 'echo', methodName: 'received', args: {} };
      const received = async () => JSON.stringify((await aliceAtTwo!.callTool(call)).body);
      expect(await received()).not.toContain('apiKey');
      const secret = { serverName: 'echo', secretName: 'apiKey' };
      expect((await aliceAtOne!.request('POST', '/secrets/set', { ...secret, secretValue: 'a value' })).status).toBe(
        200,
      );
      expect(await received()).toContain('apiKey');
      expect((await aliceAtOne!.request('POST', '/secrets/delete', secret)).status).toBe(200);
      expect(await received()).not.toContain('apiKey');
    },
  );

  it(cites('replicas.revocation', 'refuse a key that was revoked at the other, and end its streams'), async () => {
    const made = await operatorAtOne!.request<{ key: string; id: string }>('POST', '/auth/keys', {
      name: 'ci',
      roles: [],
    });
    const withKey = new WireClient(gateway.replicas[1]!.url, { token: made.body.key });
    expect((await withKey.modern({ id: 1, method: 'tools/list' })).status).toBe(200);
    const stream = await withKey.get({ session: await withKey.openSession() });
    await operatorAtOne!.request('DELETE', `/auth/keys/${made.body.id}`);
    expect((await withKey.modern({ id: 1, method: 'tools/list' })).status).toBe(401);
    expect(await messages(stream)).toEqual([]); // it has ended
  });

  it(cites('replicas.sessions', 'serve one session, and end it everywhere'), async () => {
    const session = await one!.openSession();
    expect(textOf(await rpc(await two!.post(echo, { session })))).toBe('hello');
    expect(textOf(await rpc(await one!.post(echo, { session })))).toBe('hello');
    const stream = await two!.get({ session });
    expect((await one!.delete({ session })).status).toBe(200);
    expect(await messages(stream)).toEqual([]);
    for (const replica of [one!, two!]) expect((await replica.post(echo, { session })).status).toBe(404);
  });

  it(
    cites('replicas.dynamic', 'list what was enabled at the other, and tell the client where it listens'),
    async () => {
      const session = await open(one!, {}, '/mcp?mode=dynamic');
      const namesAt = async (replica: WireClient) =>
        (await rpc(await replica.post(request(2, 'tools/list'), { session }))).result!.tools!.map(({ name }) => name);
      await operatorAtOne!.register({ name: 'leaving', ...echoServer() });
      expect(await namesAt(two!)).not.toContain('leaving_echo');
      await eventually('the tool is enabled', async () => {
        await (await one!.post(callTool(3, 'enable-tools', { tools: ['leaving_echo'] }), { session })).text();
        return (await namesAt(one!)).includes('leaving_echo');
      });
      await eventually('the other lists it', async () => (await namesAt(two!)).includes('leaving_echo'));
      const next = reader(await two!.get({ session }));
      expect((await operatorAtOne!.remove('leaving')).status).toBe(200);
      const heard = new Set<unknown>();
      while (!heard.has('notifications/tools/list_changed')) heard.add((await next()).message.method);
      await one!.delete({ session });
    },
  );

  it(
    cites('replicas.cancel', 'cancel a request of the other, and take an answer to a question of the other'),
    async () => {
      const session = await open(one!, { elicitation: {} });
      const slow = await one!.post(callTool(1, 'echo_slow', { ms: 120_000, steps: 1 }, 'p'), { session });
      const nextOfSlow = reader(slow);
      expect((await nextOfSlow()).message).toMatchObject({ method: 'notifications/progress' });
      const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
      expect((await two!.post(cancel, { session })).status).toBe(202);
      await expect(nextOfSlow()).rejects.toThrow(); // the stream has ended without a result

      const next = reader(await one!.post(callTool(2, 'echo_ask', { marker: 'm' }, 'p'), { session }));
      let asked = (await next()).message;
      while (asked.method !== 'elicitation/create') asked = (await next()).message;
      const answer = { jsonrpc: '2.0', id: asked.id, result: { action: 'accept', content: { answer: 'from afar' } } };
      expect((await two!.post(answer, { session })).status).toBe(202);
      let last = (await next()).message;
      while (last.id !== 2) last = (await next()).message;
      expect(textOf(last as { result?: Result })).toContain('from afar');
    },
  );

  describe('go on with a parked call of the other', () => {
    const ask = { id: 1, method: 'tools/call', params: { name: 'echo_ask', arguments: { marker: 'm' } } };
    const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} }, progressToken: 'p' };
    const resultOf = async (response: Response) => {
      const isStream = response.headers.get('content-type')!.startsWith('text/event-stream');
      const all = isStream ? await messages(response) : [(await response.json()) as Record<string, unknown>];
      return { before: all.slice(0, -1), ...(all.at(-1) as { result?: Result; error?: { code: number } }) };
    };
    const answering = ({ result }: { result?: Result }) => {
      const answers = Object.keys(result!.inputRequests!).map((key) => [
        key,
        { action: 'accept', content: { answer: 'from afar' } },
      ]);
      const inputResponses = Object.fromEntries(answers) as object;
      return { ...ask, params: { ...ask.params, inputResponses, requestState: result!.requestState } };
    };

    it(cites('replicas.parked', 'to its result, once'), async () => {
      const asked = await resultOf(await one!.modern(ask, { meta }));
      expect(asked.result!.resultType).toBe('input_required');
      const done = await resultOf(await two!.modern(answering(asked), { meta }));
      expect(textOf(done)).toContain('from afar');
      expect(done.before).toContainEqual(expect.objectContaining({ method: 'notifications/progress' }));
      const again = await resultOf(await two!.modern(answering(asked), { meta }));
      expect(again.error).toMatchObject({ code: -32602 });
    });

    it(cites('replicas.parked', 'which asks again, here'), async () => {
      const twice = { ...ask, params: { ...ask.params, arguments: { marker: 'm', times: 2 } } };
      const first = await resultOf(await one!.modern(twice, { meta }));
      const answerTo = (asked: { result?: Result }) => {
        const answer = answering(asked);
        return { ...answer, params: { ...answer.params, arguments: twice.params.arguments } };
      };
      const second = await resultOf(await two!.modern(answerTo(first), { meta }));
      expect(second.result!.resultType).toBe('input_required');
      const done = await resultOf(await two!.modern(answerTo(second), { meta }));
      expect(textOf(done)).toContain('from afar');
    });
  });

  describe('share the streams of a session', () => {
    it(cites('replicas.streams', 'so that an answer is resumed at the other'), async () => {
      const session = await open(one!);
      const abort = new AbortController();
      const slow = callTool(1, 'echo_slow', { ms: 600, steps: 3 }, 'p');
      const stream = events(await one!.post(slow, { session, signal: abort.signal }));
      const { value: first } = (await stream.next()) as { value: ServerEvent };
      abort.abort();
      const seen: Record<string, unknown>[] = [];
      let lastEventId = first.id;
      await eventually('the result has been seen', async () => {
        const resumed = await two!.get({ session, headers: { 'last-event-id': lastEventId } });
        for await (const event of events(resumed)) {
          seen.push(JSON.parse(event.data) as Record<string, unknown>);
          lastEventId = event.id;
        }
        return seen.at(-1)?.id === 1;
      });
      const steps = seen.slice(0, -1).map(({ params }) => (params as { progress: number }).progress);
      expect(steps).toEqual([2, 3]);
      await one!.delete({ session });
    });

    it(
      cites('replicas.streams', 'so that a client listens at one of them only, and misses nothing when it moves'),
      async () => {
        const session = await open(one!);
        const change = () => operatorAtOne!.callTool({ serverName: 'echo', methodName: 'change', args: {} });
        const abort = new AbortController();
        const stream = events(await one!.get({ session, signal: abort.signal }));
        expect((await two!.get({ session })).status).toBe(409);
        await change();
        const { value: heard } = (await stream.next()) as { value: ServerEvent };
        abort.abort();
        const moved = await eventually('the stream can be taken over', async () => {
          const response = await two!.get({ session, headers: { 'last-event-id': heard.id } });
          return response.ok && response;
        });
        const next = reader(moved);
        await change();
        while ((await next()).message.method !== 'notifications/tools/list_changed');
        await one!.delete({ session });
      },
    );
  });

  it(cites('replicas.sse', 'take messages for a stream of the other, from its own principal'), async () => {
    const next = reader(await one!.get({ path: '/sse' }).then(withJsonEndpoint));
    const path = (await next()).message.endpoint as string;
    expect((await two!.post(initialize(), { path })).status).toBe(202);
    expect((await next()).message).toMatchObject({ id: 0, result: { protocolVersion: expect.any(String) as string } });
    expect((await two!.post(echo, { path })).status).toBe(202);
    expect(textOf((await next()).message as { result?: Result })).toBe('hello');
    const stranger = new WireClient(gateway.replicas[1]!.url, { user: 'mallory' });
    expect((await stranger.post(echo, { path })).status).toBe(404);
    expect((await two!.post(echo, { path: '/messages?sessionId=unknown' })).status).toBe(404);
  });

  it(cites('replicas.redis-cut', 'serve calls without Redis, and know afterwards what they have missed'), async () => {
    const session = await open(one!);
    gateway.shared.toRedis.cut();
    for (const replica of [one!, two!]) expect(textOf(await rpc(await replica.post(echo, { session })))).toBe('hello');
    await operatorAtOne!.register({ name: 'meanwhile', ...echoServer() });
    expect(textOf(await rpc(await one!.post(echo, { session })))).toBe('hello');
    gateway.shared.toRedis.heal();
    await eventually('the other replica knows the server', async () => {
      const { body } = await operatorAtTwo!.request<{ servers: { name: string }[] }>('GET', '/mcp/servers');
      return body.servers.some(({ name }) => name === 'meanwhile');
    });
    await operatorAtTwo!.request('DELETE', '/mcp/servers/meanwhile');
    await one!.delete({ session });
  });

  it(cites('replicas.database-cut', 'answer 503 without the database, stay alive, and recover'), async () => {
    const session = await open(one!);
    await (await one!.post(echo, { session })).text();
    gateway.shared.toMongo.swallow();
    const call = await one!.post(echo, { session });
    expect(textOf(await rpc(call))).toBe('hello'); // a warm call needs no database
    const { status, headers } = await one!.post(initialize());
    expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    const url = gateway.replicas[0]!.url;
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    gateway.shared.toMongo.heal();
    await eventually('it is ready again', async () => (await fetch(`${url}/readyz`)).ok);
    expect(await open(one!)).toMatch(/./);
    await one!.delete({ session });
  });

  it(cites('replicas.database-cut', 'wait for the database when they start'), async () => {
    const [replica] = gateway.replicas;
    await replica!.stop();
    gateway.shared.toMongo.cut();
    const started = replica!.start();
    await eventually('it waits', () => replica!.logs().includes('the database does not answer yet'));
    gateway.shared.toMongo.heal();
    await started;
    await eventually('it is ready', async () => (await fetch(`${replica!.url}/readyz`)).ok);
  });

  it(cites('replicas.rolling', 'lose no call while they are replaced one after another'), async () => {
    const client = new WireClient(gateway.url);
    const session = await open(client);
    let [running, count] = [true, 0];
    const failures: unknown[] = [];
    const caller = async (): Promise<void> => {
      while (running) {
        const answer = await client
          .post(callTool(`c${(count += 1)}`, 'echo_slow', { ms: 40, steps: 1 }), { session })
          .then(rpc, (error: unknown) => ({ error }));
        if (answer.error) failures.push(answer.error);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    for (const replica of gateway.replicas) {
      gateway.shared.withdraw(replica.port); // what a readiness probe does
      await replica.stop();
      await replica.start();
      gateway.shared.serve(replica.port);
    }
    running = false;
    await Promise.all(callers);
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(50);
  });

  it(cites('replicas.kill', 'go on with the sessions of one that was killed'), async () => {
    const session = await open(one!);
    expect(textOf(await rpc(await one!.post(echo, { session })))).toBe('hello');
    await gateway.replicas[0]!.kill9();
    expect(textOf(await rpc(await two!.post(echo, { session })))).toBe('hello');
    expect((await two!.delete({ session })).status).toBe(200);
  });
});

/** The first event of HTTP+SSE is a path, the others are JSON: so it is, too. */
async function withJsonEndpoint(response: Response): Promise<Response> {
  const toJson = new TransformStream<string, string>({
    transform: (chunk, controller) =>
      controller.enqueue(
        chunk.replace(/^data: (\/.*)$/m, (_, path: string) => `data: ${JSON.stringify({ endpoint: path })}`),
      ),
  });
  const text = response.body!.pipeThrough(new TextDecoderStream() as never).pipeThrough(toJson);
  return new Response(text.pipeThrough(new TextEncoderStream() as never) as ReadableStream);
}
