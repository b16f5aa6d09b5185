import { once } from 'node:events';
import { ProviderError } from '@manifold/tool-provider';
import { askingTools } from '../../testing/src/asking-tools.js';
import { RelayProvider } from '../../testing/src/relay-provider.js';
import { messages, modern, modernRequest, send } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { TransportStatus } from '../endpoints/transport-status.js';

const ALL = { sampling: {}, elicitation: {}, roots: {} };
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

interface Result {
  readonly resultType: string;
  readonly content?: readonly { readonly text: string }[];
  readonly inputRequests?: Record<string, { readonly method: string; readonly params?: Record<string, unknown> }>;
  readonly requestState?: string;
}
interface Answer {
  readonly status: number;
  readonly id: unknown;
  readonly result?: Result;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}
interface Asking {
  readonly name?: string;
  readonly uri?: string;
  readonly arguments?: object;
  readonly inputResponses?: unknown;
  readonly requestState?: unknown;
}

describe('a stateless client that is asked', () => {
  const { tools, events: happened } = askingTools();
  const provider = new RelayProvider({
    ask: {
      tools,
      prompts: ['asking'],
      resources: ['asking://1'],
      prompt: async (_name, _args, { client }) => client!.request({ who: { method: 'roots/list' } }),
      read: async (_uri, { client }) => client!.request({ who: { method: 'roots/list' } }),
    },
  });
  let app: TransportApp;
  let id = 0;

  beforeAll(async () => {
    app = await startTransport({ providers: [provider] });
  });
  afterAll(() => app.discard());

  const ask = async (
    { name, ...more }: Asking,
    { user = 'alice', capabilities = ALL as object, method = 'tools/call', path = '/mcp', meta = {} } = {},
  ): Promise<Answer> => {
    const isTool = method === 'tools/call';
    const params = { ...more, ...(isTool ? { name: `ask_${name ?? 'ask'}` } : name !== undefined && { name }) };
    const message = { id: (id += 1), method, params };
    const response = await modern(app.url, message, { user, path, meta: { [CAPABILITIES]: capabilities, ...meta } });
    return { ...((await response.json()) as Answer), status: response.status };
  };
  const textOf = ({ result }: Answer): unknown => JSON.parse(result!.content![0]!.text);
  const failure = async (): Promise<ProviderError> => (await once(happened, 'failed'))[0] as ProviderError;

  it('is asked by the result, and its next request gets the result of the call', async () => {
    const first = await ask({});
    expect(first.result).toEqual({
      resultType: 'input_required',
      inputRequests: { who: { method: 'elicitation/create', params: { message: 'Who?' } } },
      requestState: expect.stringMatching(/^[\x21-\x7e]+$/),
      _meta: expect.anything(),
    });
    const inputResponses = { who: { action: 'accept', content: { x: 1 } }, other: { ignored: true } };
    const second = await ask({ inputResponses, requestState: first.result!.requestState });
    expect(second.result).toMatchObject({ resultType: 'complete' });
    expect(second.id).not.toBe(first.id);
    expect(textOf(second)).toEqual({ action: 'accept', content: { x: 1 } });
  });

  it.each(['askThree', 'askAtOnce'])('is asked by one result what is asked at the same time: %s', async (name) => {
    const { result } = await ask({ name });
    const keys = Object.keys(result!.inputRequests!);
    expect(keys).toEqual(name === 'askThree' ? ['name', 'sample', 'roots'] : ['who', 'who-2']);
    const inputResponses = Object.fromEntries(keys.map((key) => [key, { key }]));
    const done = await ask({ name, inputResponses, requestState: result!.requestState });
    const expected =
      name === 'askThree'
        ? { name: { key: 'name' }, sample: { key: 'sample' }, roots: { key: 'roots' } }
        : [{ who: { key: 'who' } }, { who: { key: 'who-2' } }];
    expect(textOf(done)).toEqual(expected);
  });

  it('is asked round by round, each time with a state of its own', async () => {
    const first = await ask({ name: 'askTwice' });
    const second = await ask({
      name: 'askTwice',
      inputResponses: { step: { n: 1 } },
      requestState: first.result!.requestState,
    });
    expect(second.result).toMatchObject({ resultType: 'input_required', inputRequests: { step: {} } });
    expect(second.result!.requestState).not.toBe(first.result!.requestState);
    const third = await ask({
      name: 'askTwice',
      inputResponses: { step: { n: 2 } },
      requestState: second.result!.requestState,
    });
    expect(textOf(third)).toEqual([{ step: { n: 1 } }, { step: { n: 2 } }]);
  });

  it('is asked again for what it left out or did not answer', async () => {
    let { result } = await ask({ name: 'askThree' });
    for (const inputResponses of [{ name: { n: 1 }, sample: 'text', roots: null }, undefined, { sample: { n: 2 } }]) {
      ({ result } = await ask({ name: 'askThree', inputResponses, requestState: result!.requestState }));
      expect(result!.resultType).toBe('input_required');
    }
    expect(Object.keys(result!.inputRequests!)).toEqual(['roots']);
    const requestState = result!.requestState;
    const done = await ask({ name: 'askThree', inputResponses: { roots: { n: 3 } }, requestState });
    expect(textOf(done)).toEqual({ name: { n: 1 }, sample: { n: 2 }, roots: { n: 3 } });
  });

  it('is not asked what it has answered before it was asked', async () => {
    expect(textOf(await ask({ inputResponses: { who: { early: true }, other: {} } }))).toEqual({ early: true });
    for (const inputResponses of [{ other: {} }, { who: 12345 }, {}]) {
      expect((await ask({ inputResponses })).result!.resultType).toBe('input_required');
    }
  });

  it.each([null, 'text', 5, []])('cannot answer with %j', async (inputResponses) => {
    expect((await ask({ inputResponses })).error).toMatchObject({ code: -32602 });
    const { result } = await ask({});
    const { requestState } = result!;
    expect((await ask({ inputResponses, requestState })).error).toMatchObject({ code: -32602 });
    expect(textOf(await ask({ inputResponses: { who: {} }, requestState }))).toEqual({});
  });

  it('continues its own call with its own state alone: no other, no foreign, no changed, no used one', async () => {
    const inputResponses = { who: { wrong: true } };
    const refused = { error: { code: -32602, message: expect.stringContaining('requestState') } };
    const { result } = await ask({ arguments: { a: 1, b: { c: [1, 2] } } });
    const state = result!.requestState!;
    const args = { arguments: { a: 1, b: { c: [1, 2] } } };
    const [key, sealed] = state.split('.') as [string, string];
    const changed = `${key}.${sealed[0] === 'A' ? 'B' : 'A'}${sealed.slice(1)}`;
    for (const bad of ['', 'x', 5, {}, null, changed, `${state}-TAMPERED`, `${state}==`, ` ${state}`, sealed]) {
      expect(await ask({ ...args, inputResponses, requestState: bad })).toMatchObject(refused);
    }
    const retry = { inputResponses, requestState: state };
    expect(await ask({ ...args, ...retry }, { user: 'bob' })).toMatchObject(refused);
    expect(await ask({ ...args, ...retry }, { path: '/mcp/servers/ask/mcp' })).toMatchObject(refused);
    expect(await ask({ ...args, ...retry, name: 'askTwice' })).toMatchObject(refused);
    expect(await ask({ arguments: { a: 1, b: { c: [2, 1] } }, ...retry })).toMatchObject(refused);
    expect(await ask({ ...retry })).toMatchObject(refused);
    const good = await ask({
      arguments: { b: { c: [1, 2] }, a: 1 },
      inputResponses: { who: { ok: 1 } },
      requestState: state,
    });
    expect(textOf(good)).toEqual({ ok: 1 });
    expect(await ask({ ...args, ...retry })).toMatchObject(refused);
  });

  it('is told that its call is gone after a restart', async () => {
    const first = await startTransport({ providers: [provider] });
    const request = (more: object) =>
      modernRequest(
        { id: 1, method: 'tools/call', params: { name: 'ask_ask', ...more } },
        { meta: { [CAPABILITIES]: ALL } },
      );
    const asked = request({});
    const response = await send(first.url, asked.body, { headers: asked.headers });
    const { result } = (await response.json()) as Answer;
    const failed = failure();
    await first.stop();
    expect(await failed).toMatchObject({ code: 'cancelled' });
    const second = await startTransport({ providers: [provider], dataDir: first.dataDir });
    try {
      const retry = request({ inputResponses: { who: {} }, requestState: result!.requestState });
      const answer = (await (await send(second.url, retry.body, { headers: retry.headers })).json()) as Answer;
      expect(answer.error).toMatchObject({ code: -32602, message: expect.stringContaining('has ended') });
    } finally {
      await second.discard();
    }
  });

  it('is told what it would have to declare, with the status of the specification', async () => {
    const args = { method: 'sampling/createMessage', params: {} };
    const answer = await ask({ arguments: args }, { capabilities: { elicitation: {} } });
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({ code: -32021, data: { requiredCapabilities: { sampling: {} } } });
  });

  it('is never asked what no result may ask', async () => {
    expect((await ask({ arguments: { method: 'ping' } })).error).toMatchObject({ code: -32601 });
  });

  it.each<[string, Asking]>([
    ['prompts/get', { name: 'ask_asking' }],
    ['resources/read', { uri: 'asking://1' }],
  ])('is asked in the course of %s too', async (method, params) => {
    const first = await ask(params, { method });
    expect(first.result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { who: { method: 'roots/list' } },
    });
    expect(first.result).not.toHaveProperty('ttlMs');
    const inputResponses = { who: { roots: [] } };
    const second = await ask({ ...params, inputResponses, requestState: first.result!.requestState }, { method });
    expect(second.result).toMatchObject({ resultType: 'complete', who: { roots: [] } });
  });

  it('gets what the call sends on the stream of the request that it belongs to, with that token and level', async () => {
    const request = async (more: object, token: string, level: string): Promise<unknown[]> => {
      const params = { name: 'ask_everything', arguments: { mark: 'm' }, ...more };
      const meta = { [CAPABILITIES]: ALL, [LOG_LEVEL]: level, progressToken: token };
      return messages(await modern(app.url, { id: (id += 1), method: 'tools/call', params }, { meta }));
    };
    const [log, one, asked] = await request({}, 'first', 'info');
    expect([log, one]).toMatchObject([{ params: { data: { mark: 'm' } } }, { params: { progressToken: 'first' } }]);
    const { requestState } = (asked as Answer).result!;
    const rest = await request({ inputResponses: { answer: { n: 1 } }, requestState }, 'second', 'error');
    expect(rest).toMatchObject([
      { params: { progressToken: 'second', progress: 2 } },
      { result: { resultType: 'complete' } },
    ]);
  });

  it('reads nothing of what is logged unless it asks for it in the request', async () => {
    expect((await ask({ name: 'logs' })).result!.content![0]!.text).toBe('nobody reads');
    expect((await ask({ name: 'logs' }, { meta: { [LOG_LEVEL]: 'loud' } })).error).toMatchObject({ code: -32602 });
  });

  it('cancels a call that has gone on when it closes that request', async () => {
    const controller = new AbortController();
    const failed = failure();
    tools.wait = async (_args, { client, signal }) => {
      await client!.request({ who: { method: 'roots/list' } });
      happened.emit('waiting');
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          happened.emit('failed', signal.reason);
          reject(signal.reason as Error);
        }),
      );
    };
    provider.announce('tools');
    const { result } = await ask({ name: 'wait' });
    const params = { name: 'ask_wait', inputResponses: { who: {} }, requestState: result!.requestState };
    const [waiting, meta] = [once(happened, 'waiting'), { [CAPABILITIES]: ALL }];
    const pending = modern(app.url, { id: 99, method: 'tools/call', params }, { meta, signal: controller.signal });
    const refused = expect(pending).rejects.toThrow();
    await waiting;
    controller.abort();
    await refused;
    expect(await failed).toMatchObject({ code: 'cancelled' });
  });

  it('leaves only so many requests lying: the next call goes on without an answer', async () => {
    const user = 'forgetful';
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask({}, { user })));
    expect(answers.every(({ result }) => result?.resultType === 'input_required')).toBe(true);
    const failed = failure();
    expect((await ask({}, { user })).result).toMatchObject({ resultType: 'complete', isError: true });
    expect(await failed).toMatchObject({ code: 'rate_limited' });
    expect((await ask({})).result!.resultType).toBe('input_required');
    const { requestState } = answers[0]!.result!;
    expect(textOf(await ask({ inputResponses: { who: {} }, requestState }, { user }))).toEqual({});
    expect((await ask({}, { user })).result!.resultType).toBe('input_required');
  });

  it('does not hold up a shutdown with what it has not answered', async () => {
    const other = await startTransport({ providers: [provider] });
    const { body, headers } = modernRequest(
      { id: 1, method: 'tools/call', params: { name: 'ask_ask' } },
      { meta: { [CAPABILITIES]: ALL } },
    );
    await (await send(other.url, body, { headers })).json();
    expect(other.get(TransportStatus).callsInFlight).toBe(1);
    const failed = failure();
    await other.discard();
    expect(await failed).toMatchObject({ code: 'cancelled' });
  });
});
