import { join } from 'node:path';
import { events, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { keepsState, onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { WireClient } from '../support/wire-client.js';

const PROGRAM = join(import.meta.dirname, '../simulators/mcp-upstreams/same-uris.mjs');
const [UI, REPORT] = ['ui://app/index.html', 'file:///report.txt'];
const SERVERS = ['a', 'b', 'x@y'];
const hostOf = (server: string) => server.replace('@', '~40');
const named = (server: string) => `:~:mcp-server=${hostOf(server)}`;
const at = (server: string) => `/mcp/servers/${encodeURIComponent(server)}/mcp`;

type Link = { uri?: string; text?: string; resource?: Link };
interface Result {
  readonly tools?: {
    name: string;
    icons: { src: string }[];
    _meta: { ui: { resourceUri: string }; 'ui/resourceUri': string };
  }[];
  readonly resources?: Link[];
  readonly resourceTemplates?: { uriTemplate: string }[];
  readonly contents?: Link[];
  readonly content?: Link[];
  readonly messages?: { content: Link }[];
  readonly completion?: { values: string[] };
}
type Ask = (method: string, params?: Record<string, unknown>, path?: string) => Promise<Result>;

let gateway: GatewayProcess;
let rest: RestClient;
let wire: WireClient;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  rest = new RestClient(gateway.url);
  wire = new WireClient(gateway.url, { user: 'alice' });
  for (const name of SERVERS) {
    await rest.register(keepsState({ name, command: process.execPath, args: [PROGRAM, name] }));
  }
  const ask = await askIn('2026-07-28');
  await onEvery(gateway, 'all resources are listed', async () => {
    return (await ask('resources/list')).resources!.length === SERVERS.length;
  });
});
afterAll(() => gateway?.dispose());

/** Returns a function that sends requests of one era. It fails for an error. */
async function askIn(version: string): Promise<Ask> {
  const sessions = new Map<string, string>();
  const sessionAt = async (path: string): Promise<string> => {
    const response = await wire.post(
      request(1, 'initialize', { protocolVersion: version, capabilities: {}, clientInfo: { name: 'x', version: '1' } }),
      { path },
    );
    await response.text();
    return response.headers.get('mcp-session-id')!;
  };
  return async (method, params = {}, path = '/mcp') => {
    let response: Response;
    if (version === '2026-07-28') response = await wire.modern({ id: 1, method, params }, { path });
    else {
      const session = sessions.get(path) ?? (await sessionAt(path));
      sessions.set(path, session);
      response = await wire.post(request(1, method, params), { path, session });
    }
    const { result, error } = await answerOf(response);
    if (!result) throw new Error(JSON.stringify(error));
    return result;
  };
}

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Result & { resultType?: string; inputRequests?: Record<string, Message>; requestState?: string };
  readonly error?: unknown;
}

/** Sends a request of a client that answers all that servers ask. @returns the answer, and the notifications before it */
async function converse(
  version: string,
  method: string,
  params: Record<string, unknown>,
  answer: (request: Message) => object = () => ({}),
  path = '/mcp',
): Promise<Message & { notified: Message[] }> {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const notified: Message[] = [];
  let session: string | undefined;
  const send = (more: object): Promise<Response> => {
    if (session !== undefined) return wire.post(request(2, method, { ...params, ...more }), { path, session });
    const meta = {
      'io.modelcontextprotocol/clientCapabilities': capabilities,
      'io.modelcontextprotocol/logLevel': 'debug',
    };
    return wire.modern({ id: 2, method, params: { ...params, ...more } }, { path, meta });
  };
  if (version !== '2026-07-28') {
    const clientInfo = { name: 'x', version: '1' };
    const begun = await wire.post(request(1, 'initialize', { protocolVersion: version, capabilities, clientInfo }), {
      path,
    });
    await begun.text();
    session = begun.headers.get('mcp-session-id')!;
    await (await wire.post(request(1, 'logging/setLevel', { level: 'debug' }), { path, session })).text();
  }
  let response = await send({});
  for (;;) {
    const last = await readMessages(response, async (message) => {
      if (message.id === undefined) notified.push(message);
      else await wire.post({ jsonrpc: '2.0', id: message.id, result: answer(message) }, { path, session });
    });
    if (last.result?.resultType !== 'input_required') return { ...last, notified };
    const { inputRequests, requestState } = last.result;
    const inputResponses = Object.fromEntries(Object.entries(inputRequests!).map(([key, one]) => [key, answer(one)]));
    response = await send({ inputResponses, requestState });
  }
}

/** Reads an answer. @param before called with each message before the last */
async function readMessages(response: Response, before: (message: Message) => Promise<void>): Promise<Message> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return (await response.json()) as Message;
  for await (const { data } of events(response)) {
    const message = JSON.parse(data) as Message;
    if (message.method === undefined) return message;
    await before(message);
  }
  throw new Error('The stream has ended without an answer');
}

/** Reads the answer to a request, which is an event if it took long. */
async function answerOf(response: Response): Promise<{ result?: Result; error?: unknown }> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const text = isStream ? (await events(response).next()).value!.data : await response.text();
  return JSON.parse(text) as { result?: Result; error?: unknown };
}

describe.each(['2025-11-25', '2026-07-28'])('servers with the same URIs, for a client of %s', (version) => {
  let ask: Ask;
  const read = async (uri: string, path?: string) => (await ask('resources/read', { uri }, path)).contents![0]!;
  const toolsOf = async (path?: string) => (await ask('tools/list', {}, path)).tools!;

  beforeAll(async () => {
    ask = await askIn(version);
  });

  it(cites('uris.apart', 'gives each tool its own page, whose URI no other server has'), async () => {
    const tools = await toolsOf();
    for (const [index, server] of SERVERS.entries()) {
      const { _meta, icons } = tools.filter(({ name }) => name.includes('show'))[index]!;
      const uri = _meta.ui.resourceUri;
      expect([uri, _meta['ui/resourceUri']]).toEqual([`ui://${hostOf(server)}/app/index.html`, uri]);
      expect(icons).toEqual([{ src: `ui://${hostOf(server)}/app/icon.svg` }]);
      expect(await read(uri)).toEqual({ uri, text: `${server} ${UI}`, mimeType: 'text/html;profile=mcp-app' });
    }
  });

  it(cites('uris.apart', 'gives the links of results and prompts to their server, listed or not'), async () => {
    const tools = await toolsOf();
    for (const [index, server] of SERVERS.entries()) {
      const tool = tools.filter(({ name }) => name.includes('show'))[index]!.name;
      const { content, ...others } = await ask('tools/call', { name: tool, arguments: {} });
      expect(others).toMatchObject({ structuredContent: { uri: REPORT } });
      const uris = content!.map(({ uri, resource }) => uri ?? resource!.uri!);
      expect(uris).toEqual([
        `${REPORT}#${named(server)}`,
        `file:///unlisted#${named(server)}`,
        `${REPORT}#${named(server)}`,
      ]);
      expect((await read(uris[0]!)).text).toBe(`${server} ${REPORT}`);
      expect((await read(uris[1]!)).text).toBe(`${server} file:///unlisted`);
    }
    const { messages } = await ask('prompts/get', { name: 'b_report' });
    expect(messages![0]!.content.resource).toEqual({ uri: `${REPORT}#${named('b')}`, text: 'b' });
  });

  it(cites('uris.apart', 'lists, completes and expands under public URIs, and takes them as arguments'), async () => {
    const { resources } = await ask('resources/list');
    expect(resources!.map(({ uri }) => uri)).toEqual(SERVERS.map((server) => `${REPORT}#${named(server)}`));
    const { resourceTemplates } = await ask('resources/templates/list');
    const template = resourceTemplates!.map(({ uriTemplate }) => uriTemplate).find((one) => one.includes('{b}'))!;
    expect((await read(template.replace('{b}', '5'))).text).toBe('b note://5');
    const ref = { type: 'ref/resource', uri: template };
    const { completion } = await ask('completion/complete', { ref, argument: { name: 'b', value: '' } });
    expect(completion!.values).toEqual(['b', 'note://{b}', '']);
    const args = { uri: `${REPORT}#${named('b')}`, other: `${REPORT}#${named('a')}` };
    const { content } = await ask('tools/call', { name: 'b_echo', arguments: args });
    expect(JSON.parse(content![0]!.text!)).toEqual({ ...args, uri: REPORT });
  });

  it(cites('uris.unlisted', 'asks no server for a URI that names none and fits no template'), async () => {
    for (const uri of ['secret://of-a', REPORT, 'note://5', UI, `${REPORT}#${named('c')}`, 'ui://c/app/index.html']) {
      await expect(read(uri)).rejects.toThrow(/-32002|-32602/);
    }
  });

  it(
    cites('uris.apart', 'names the URIs in errors of tools, prompts and completions as the client knows them'),
    async () => {
      const ref = { type: 'ref/prompt', name: 'b_report' };
      const shown = (uri: string, page: string) => ({
        ...{ code: -32000, message: `b cannot read ${uri}.` },
        data: { uri: page, seen: [`at ${uri}`] },
      });
      const failing = (call: string, prompt: object): [string, Record<string, unknown>][] => [
        ['tools/call', { name: call, arguments: {} }],
        ['prompts/get', { ...prompt, arguments: { fail: 'yes' } }],
        ['completion/complete', { ref: { ...ref, ...prompt }, argument: { name: 'x', value: 'fail' } }],
      ];
      for (const [method, params] of failing('b_fail', { name: 'b_report' })) {
        const { error } = await converse(version, method, params);
        expect(error).toEqual(shown(`${REPORT}#${named('b')}`, 'ui://b/app/index.html'));
      }
      for (const [method, params] of failing('fail', { name: 'report' })) {
        const { error } = await converse(version, method, params, () => ({}), at('b'));
        expect(error).toEqual(shown(REPORT, UI));
      }
    },
  );

  it(
    cites('uris.apart', 'completes arguments of prompts with public URIs, which the prompt gets as its own'),
    async () => {
      const ref = { type: 'ref/prompt', name: 'b_report' };
      const uri = `${REPORT}#${named('b')}`;
      const { completion } = await ask('completion/complete', { ref, argument: { name: 'echo', value: `${uri} ` } });
      expect(completion!.values).toEqual(['b', uri, `${uri} `]);
      const whole = await ask('completion/complete', { ref, argument: { name: 'echo', value: uri } });
      expect(whole.completion!.values).toEqual(['b', uri, uri]); // the server has got, and sent back, its own URI
      const { messages } = await ask('prompts/get', { name: 'b_report', arguments: { echo: uri } });
      expect(messages![0]!.content.text).toBe(REPORT);
    },
  );

  it(cites('uris.apart', 'lets a server ask with its URIs, and gives it its own ones with the answer'), async () => {
    const [uri, page, other] = [`${REPORT}#${named('b')}`, 'ui://b/app/index.html', `${REPORT}#${named('a')}`];
    const content = (report: string, ui: string) => [
      { type: 'resource', resource: { uri: report, text: 'x' } },
      { type: 'tool_result', toolUseId: '1', content: [{ type: 'resource_link', uri: ui, name: other }] },
    ];
    const asked = (report: string, ui: string): [string, object][] => [
      ['sampling/createMessage', { maxTokens: 5, messages: [{ role: 'user', content: content(report, ui) }] }],
      ['elicitation/create', { message: REPORT, requestedSchema: { type: 'object', properties: {} } }],
      ['roots/list', {}],
    ];
    const answers = (report: string, ui: string) => [
      { role: 'assistant', model: 'm', content: content(report, ui) },
      { action: 'accept', content: { file: report, other } },
      { roots: [{ uri: report, name: other }, { uri: ui }] },
    ];
    for (const [index, [method, params]] of asked(REPORT, UI).entries()) {
      const seen: unknown[] = [];
      const { result } = await converse(
        version,
        'tools/call',
        { name: 'b_ask', arguments: { method, params } },
        (request) => {
          seen.push(request);
          return answers(uri, page)[index]!;
        },
      );
      expect(seen).toEqual([
        expect.objectContaining({ method, params: expect.objectContaining(asked(uri, page)[index]![1]) }),
      ]);
      expect(JSON.parse(result!.content![0]!.text!)).toEqual(answers(REPORT, UI)[index]);
    }
  });

  it(cites('uris.apart', 'names the URIs in progress and log messages as the client knows them'), async () => {
    const params = (name: string) => ({ name, arguments: {}, _meta: { progressToken: 'p' } });
    const shown = (uri: string) => [
      { method: 'notifications/progress', params: { progressToken: 'p', message: `reads ${uri}` } },
      { method: 'notifications/message', params: { data: { file: uri } } },
    ];
    const { notified } = await converse(version, 'tools/call', params('b_tell'));
    expect(notified).toMatchObject(shown(`${REPORT}#${named('b')}`));
    expect((await converse(version, 'tools/call', params('tell'), () => ({}), at('b'))).notified).toMatchObject(
      shown(REPORT),
    );
  });

  it(cites('uris.own', 'changes no argument where a client sees the own URIs of a server'), async () => {
    const args = { uri: `${REPORT}#${named('b')}`, page: 'ui://b/app/index.html' };
    const { content } = await ask('tools/call', { name: 'echo', arguments: args }, at('b'));
    expect(JSON.parse(content![0]!.text!)).toEqual(args);
    const { messages } = await ask('prompts/get', { name: 'report', arguments: { echo: args.uri } }, at('b'));
    expect(messages![0]!.content.text).toBe(args.uri);
    const { body } = await rest.callTool({ username: 'alice', serverName: 'b', methodName: 'echo', args });
    expect(JSON.parse((body.data.content as { text: string }[])[0]!.text)).toEqual(args);
  });

  it(cites('uris.own', 'shows the own URIs of a server at its own endpoint'), async () => {
    for (const server of SERVERS) {
      const path = at(server);
      const [tool] = await toolsOf(path);
      expect(tool).toMatchObject({
        icons: [{ src: 'ui://app/icon.svg' }],
        _meta: { ui: { resourceUri: UI }, 'ui/resourceUri': UI },
      });
      expect((await read(UI, path)).text).toBe(`${server} ${UI}`);
      expect((await ask('resources/list', {}, path)).resources).toMatchObject([{ uri: REPORT }]);
      const { content } = await ask('tools/call', { name: 'show', arguments: {} }, path);
      expect(content![0]).toMatchObject({ uri: REPORT });
    }
  });
});

it(cites('uris.apart', 'announce changes under the URI of their own server'), async () => {
  const [session, ask] = [await wire.openSession(), await askIn('2026-07-28')];
  const uri = `${REPORT}#${named('b')}`;
  await (await wire.post(request(1, 'resources/subscribe', { uri }), { session })).text();
  const [standing, listening] = [
    events(await wire.get({ session })),
    events(
      await wire.modern({
        ...{ id: 2, method: 'subscriptions/listen' },
        params: { notifications: { resourceSubscriptions: [uri] } },
      }),
    ),
  ];
  const acknowledged = JSON.parse((await listening.next()).value!.data) as unknown;
  expect(acknowledged).toMatchObject({ params: { notifications: { resourceSubscriptions: [uri] } } });
  await ask('tools/call', { name: 'b_touch', arguments: {} });
  for (const stream of [standing, listening]) {
    for await (const { data } of stream) {
      if (!data.includes('resources/updated')) continue;
      expect(JSON.parse(data)).toMatchObject({ params: { uri } });
      break;
    }
  }
});

it(cites('uris.apart', 'keep their names when the first of them is removed'), async () => {
  const ask = await askIn('2026-07-28');
  await rest.remove('a');
  const read = async (uri: string) => (await ask('resources/read', { uri })).contents![0]!.text;
  expect(await read('ui://b/app/index.html')).toBe(`b ${UI}`);
  expect(await read(`${REPORT}#${named('b')}`)).toBe(`b ${REPORT}`);
  for (const uri of ['ui://a/app/index.html', `${REPORT}#${named('a')}`]) {
    await expect(read(uri)).rejects.toThrow(/-32602/);
  }
});
