import { RelayProvider, text } from '../../testing/src/relay-provider.js';
import { callTool, initialize, modern, send } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

const TASKS = { 'io.modelcontextprotocol/tasks': {} };
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const AT_APP = '/mcp/servers/app/mcp';

interface Answer {
  readonly status: number;
  readonly result?: { readonly taskId?: string; readonly capabilities?: { readonly extensions?: object } };
  readonly error?: { readonly code: number; readonly data?: object };
}

describe('a task', () => {
  const features = { capabilities: { tools: {}, extensions: { ...TASKS, other: {} } } };
  const heard = jest.fn();
  const tools = {
    slow: async (_args: object, { client }: { client?: { capabilities: object } }) => {
      heard(client?.capabilities);
      return { resultType: 'task', taskId: 'task-1', status: 'working', content: [] };
    },
    quick: async () => text('done'),
  };
  const provider = new RelayProvider({
    app: { tools, features },
    same: { tools, features },
    plain: { tools, features: { capabilities: { tools: {} } } },
  });
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport({ providers: [provider] });
  });
  afterAll(() => app.discard());
  beforeEach(() => {
    heard.mockClear();
    provider.asked.length = 0;
  });

  interface Asking {
    readonly path?: string;
    readonly user?: string;
    readonly capabilities?: object;
    readonly headers?: Record<string, string>;
  }
  const ask = async (
    method: string,
    params: object,
    { path = AT_APP, user, capabilities = { extensions: TASKS }, headers = {} }: Asking = {},
  ): Promise<Answer> => {
    const { taskId } = params as { taskId?: string };
    const named: Record<string, string> = taskId === undefined ? {} : { 'mcp-name': taskId };
    const meta = { [CAPABILITIES]: capabilities };
    const options = { path, user, meta, headers: { ...named, ...headers } };
    const response = await modern(app.url, { id: 1, method, params }, options);
    return { status: response.status, ...((await response.json()) as object) };
  };
  const begin = async (asking?: Asking): Promise<string> =>
    (await ask('tools/call', { name: 'slow', arguments: {} }, asking)).result!.taskId!;

  it('is begun at the endpoint of a server that has tasks, by a client that knows them', async () => {
    const taskId = await begin({ capabilities: { extensions: { ...TASKS, mine: {} }, 'x-unknown': {} } });
    expect(taskId).not.toBe('task-1');
    expect(heard).toHaveBeenCalledWith({ extensions: TASKS, 'x-unknown': {} });
    expect((await ask('tools/call', { name: 'quick', arguments: {} })).result).toMatchObject(text('done'));
  });

  it.each(['tasks/get', 'tasks/update', 'tasks/cancel'])(
    'is reached by %s under the id that was given',
    async (method) => {
      const taskId = await begin();
      const params = { taskId, inputResponses: { a: {} }, 'x-unknown': 2 };
      const { result } = await ask(method, params);
      expect(result).toMatchObject({ resultType: 'complete', taskId, status: 'working', 'x-unknown': 1 });
      expect(provider.asked).toEqual([{ app: 'app', method, params: { ...params, taskId: 'task-1' } }]);
    },
  );

  it("is nobody else's: of no other user, at no other server, under no other id", async () => {
    const taskId = await begin();
    const unknown = { status: 200, error: { code: -32602 } };
    expect(await ask('tasks/get', { taskId }, { user: 'bob' })).toMatchObject(unknown);
    expect(await ask('tasks/get', { taskId }, { path: '/mcp/servers/same/mcp' })).toMatchObject(unknown);
    expect(await ask('tasks/get', { taskId: 'task-1' })).toMatchObject(unknown);
    expect(await ask('tasks/get', { taskId: `${taskId}A` })).toMatchObject(unknown);
    expect(await ask('tasks/get', {})).toMatchObject(unknown);
    expect(provider.asked).toEqual([]);
  });

  it('wants a client that knows tasks, also to be asked about', async () => {
    const taskId = await begin();
    const data = { requiredCapabilities: { extensions: TASKS } };
    for (const capabilities of [{}, { elicitation: {} }, { extensions: { other: {} } }, { extensions: null }]) {
      const answer = await ask('tasks/get', { taskId }, { capabilities });
      expect(answer).toMatchObject({ status: 400, error: { code: -32021, data } });
    }
    expect(provider.asked).toEqual([]);
  });

  it('is asked about with its id in the header', async () => {
    const taskId = await begin();
    for (const name of ['', 'task-1']) {
      const answer = await ask('tasks/get', { taskId }, { headers: { 'mcp-name': name } });
      expect(answer).toMatchObject({ status: 400, error: { code: -32020 } });
    }
  });

  it.each([
    ['of all servers', '/mcp', 'app_slow'],
    ['of a server that has none', '/mcp/servers/plain/mcp', 'slow'],
  ])('is not there at the endpoint %s', async (_title, path, name) => {
    await ask('tools/call', { name, arguments: {} }, { path });
    await ask('tools/call', { name, arguments: {} }, { path, capabilities: { extensions: TASKS, roots: {} } });
    expect(heard.mock.calls).toEqual([[undefined], [{ roots: {} }]]);
    const answer = await ask('tasks/get', { taskId: await begin() }, { path });
    expect(answer).toMatchObject({ status: 404, error: { code: -32601 } });
    expect((await ask('server/discover', {}, { path })).result!.capabilities!.extensions).toBeUndefined();
  });

  it('is what discovery tells of, and initialize does not: sessions have no tasks', async () => {
    expect((await ask('server/discover', {})).result!.capabilities!.extensions).toEqual(TASKS);
    const capabilities = { roots: {}, extensions: TASKS };
    const opened = await send(app.url, initialize('2025-11-25', capabilities), { path: AT_APP });
    const { result } = (await opened.json()) as Answer;
    expect(result!.capabilities!.extensions).toBeUndefined();
    const session = opened.headers.get('mcp-session-id')!;
    const get = { jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { taskId: 'task-1' } };
    const answer = await (await send(app.url, get, { path: AT_APP, session })).json();
    expect(answer).toMatchObject({ error: { code: -32601 } });
    await send(app.url, callTool(2, 'slow'), { path: AT_APP, session });
    expect(heard.mock.calls).toEqual([[{ roots: {} }]]);
  });
});
