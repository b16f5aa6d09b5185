import { cites } from '../support/cite.js';
import { connectSdk1, connectSdk1Sse, connectSdk2 } from '../support/mcp-clients.js';
import { startParagonGateway, type ParagonGateway } from '../support/paragon.js';
import { RestClient } from '../support/rest-client.js';
import type { Behaviour } from '../simulators/paragon/index.js';

const MESSAGE = { channel: 'C1', message: 'hello' };
const SEND = { name: 'SLACK_SEND_MESSAGE', arguments: MESSAGE };

let paragon: ParagonGateway;

beforeAll(async () => {
  paragon = await startParagonGateway();
});
afterEach(() => {
  paragon.simulator.behave();
  paragon.simulator.clearRequests();
});
afterAll(() => paragon?.dispose());

interface Result {
  content: [{ type: string; text: string }];
  isError?: boolean;
}

const TRANSPORTS = {
  '/mcp': (user: string) => connectSdk1({ url: paragon.gateway.url, user }),
  '/mcp, stateless': (user: string) => connectSdk2({ url: paragon.gateway.url, user }, 'modern'),
  '/sse': (user: string) => connectSdk1Sse({ url: paragon.gateway.url, user }),
};

describe.each(Object.entries(TRANSPORTS))('over %s', (_path, connect) => {
  let client: { callTool(call: object, options?: object): Promise<unknown>; close(): Promise<void> };
  let listTools: () => Promise<{ tools: { name: string; inputSchema: object }[] }>;
  const call = (request: object = SEND) => client.callTool(request) as Promise<Result>;

  beforeAll(async () => {
    for (const integration of ['slack', 'hubspot']) paragon.simulator.connect('alice', integration);
    const connected = (await connect('alice')).client;
    client = connected as unknown as typeof client;
    listTools = () => connected.listTools() as ReturnType<typeof listTools>;
  });
  afterAll(() => client?.close());

  it(cites('paragon.tools', 'lists the actions, connected or not, with their schemas'), async () => {
    const { tools } = await listTools();
    const schemas = new Map(tools.map(({ name, inputSchema }) => [name, inputSchema]));
    expect([...schemas.keys()]).toEqual(expect.arrayContaining(['SLACK_SEND_MESSAGE', 'SALESFORCE_QUERY_RECORDS']));
    expect(schemas.get('SLACK_SEND_MESSAGE')).toMatchObject({
      required: ['channel', 'message'],
      properties: { threadTimestamp: { pattern: '^\\d+\\.\\d+$' } },
    });
  });

  it(cites('paragon.result-table', 'answers with one block: the JSON of the integration'), async () => {
    const result = await call();
    expect(result.isError).toBeUndefined();
    expect(result.content).toHaveLength(1);
    const answer = JSON.parse(result.content[0].text) as object;
    expect(answer).toMatchObject({ user: 'alice', parameters: MESSAGE });
    expect(result.content[0].text).toBe(JSON.stringify(answer));
  });

  it(
    cites('paragon.result-table', 'answers arguments that do not fit with what is wrong, and sends nothing'),
    async () => {
      const result = await call({ ...SEND, arguments: { channel: 'C1', message: '', unknown: 1 } });
      expect(result.isError).toBe(true);
      expect(JSON.parse(result.content[0].text)).toEqual({
        error: 'Validation error',
        details: expect.arrayContaining([expect.objectContaining({ instancePath: '/message', keyword: 'minLength' })]),
      });
      expect(paragon.simulator.requestsTo('SLACK_SEND_MESSAGE')).toEqual([]);
    },
  );

  it(
    cites('paragon.not-connected', 'answers with the words and the link of the specification, not as an error'),
    async () => {
      const result = await call({ name: 'SALESFORCE_QUERY_RECORDS', arguments: { query: 'SELECT Id FROM Lead' } });
      expect(result.isError).toBeUndefined();
      const link = `${paragon.gateway.url}/setup\\?token=[\\w-]{43}`;
      expect(result.content[0].text).toMatch(
        new RegExp(
          '^The salesforce integration is not enabled for the user\\. To set it up and use this tool, the user will need to visit: ' +
            `${link}\\. Instruct the user to set up their salesforce integration by visiting the link\\. ` +
            'Format the setup link in Markdown\\.$',
        ),
      );
    },
  );

  it.each<[string, Behaviour, RegExp]>([
    [
      'a refusal',
      { status: 404, message: 'channel_not_found' },
      /^HTTP error; status: 404; message: channel_not_found$/,
    ],
    ['a missing permission', { status: 403 }, /^HTTP error; status: 403; message: /],
    [
      'too many requests',
      { status: 429, retryAfter: '7' },
      /^HTTP error; status: 429; message: .*Try again in 7 seconds\.$/,
    ],
    ['a fault', { status: 500 }, /^HTTP error; status: 500; message: .*may or may not have had an effect/],
    ['a load balancer without its service', 'bad gateway', /^HTTP error; status: 502; message: /],
  ])(
    cites('paragon.result-table', 'answers %s of the upstream as an error that says it'),
    async (_title, behaviour, words) => {
      paragon.simulator.next('SLACK_SEND_MESSAGE', behaviour);
      const result = await call();
      expect(result.isError).toBe(true);
      expect(JSON.parse(result.content[0].text)).toEqual({ error: expect.stringMatching(words) });
      expect(paragon.simulator.requestsTo('SLACK_SEND_MESSAGE')).toHaveLength(1);
    },
  );

  it.each<[Behaviour]>([['not JSON'], ['cut']])(
    cites('paragon.result-table', 'answers an upstream that is %s with an error, and goes on'),
    async (behaviour) => {
      paragon.simulator.next('SLACK_SEND_MESSAGE', behaviour);
      expect((await call()).isError).toBe(true);
      expect((await call()).isError).toBeUndefined();
    },
  );

  it(cites('paragon.cancel', 'aborts the request of a call that is cancelled'), async () => {
    paragon.simulator.next('SLACK_SEND_MESSAGE', 'never');
    const [arrived, aborted] = [
      paragon.simulator.nextRequest('SLACK_SEND_MESSAGE'),
      paragon.simulator.nextAbort('SLACK_SEND_MESSAGE'),
    ];
    const controller = new AbortController();
    const { signal } = controller;
    const options = { signal };
    const pending = _path === '/mcp, stateless' ? client.callTool(SEND, options) : callOfSdk1(options);
    const refused = expect(pending).rejects.toThrow();
    await arrived;
    controller.abort();
    await aborted;
    await refused;
  });

  /** SDK 1.32 takes the schema of the result before the options. */
  const callOfSdk1 = (options: object) =>
    (client as unknown as { callTool(call: object, schema: undefined, options: object): Promise<unknown> }).callTool(
      SEND,
      undefined,
      options,
    );
});

it(cites('paragon.users-apart', 'serves users side by side, each in their own name'), async () => {
  const users = Array.from({ length: 8 }, (_, index) => `user-${index}`);
  await Promise.all(
    users.map(async (user) => {
      paragon.simulator.connect(user, 'slack');
      const { client } = await connectSdk1({ url: paragon.gateway.url, user });
      for (let round = 0; round < 5; round += 1) {
        const { content } = (await client.callTool(SEND)) as unknown as Result;
        expect(JSON.parse(content[0].text)).toMatchObject({ user });
      }
      await client.close();
    }),
  );
});

describe('over REST', () => {
  const rest = (user: string) => new RestClient(paragon.gateway.url, { user });
  const request = (methodName: string, args: object, serverName = 'slack') => ({ serverName, methodName, args });
  const call = (body: object) => rest('alice').request('POST', '/mcp/tool/call', body);

  it(cites('paragon.result-table', 'calls an action by integration and name'), async () => {
    const { status, body } = await call(request('SLACK_SEND_MESSAGE', MESSAGE));
    expect([status, body.success]).toEqual([200, true]);
    expect(JSON.stringify(body.data)).toContain('alice');
  });

  it.each<[string, object, Behaviour | undefined, number, string]>([
    ['arguments that do not fit', request('SLACK_SEND_MESSAGE', {}), undefined, 400, 'invalid_request'],
    [
      'too many requests',
      request('SLACK_SEND_MESSAGE', MESSAGE),
      { status: 429, retryAfter: '7' },
      429,
      'rate_limited',
    ],
    ['a fault', request('SLACK_SEND_MESSAGE', MESSAGE), { status: 500 }, 503, 'upstream_unavailable'],
    ['a refusal', request('SLACK_SEND_MESSAGE', MESSAGE), { status: 404 }, 502, 'upstream_rejected'],
    ['an unknown action', request('SLACK_NOTHING', {}), undefined, 404, 'tool_not_found'],
    ['an unknown integration', request('X', {}, 'nowhere'), undefined, 404, 'server_not_found'],
  ])(cites('paragon.result-table', 'answers %s with its status'), async (_title, body, behaviour, status, code) => {
    if (behaviour) paragon.simulator.next('SLACK_SEND_MESSAGE', behaviour);
    const answer = await call(body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.headers.get('retry-after')).toBe(status === 429 ? '7' : status === 503 ? '1' : null);
  });

  it(cites('paragon.not-connected', 'answers 409 with the link'), async () => {
    const connected = await call(request('SALESFORCE_QUERY_RECORDS', { query: 'x' }, 'salesforce'));
    expect([connected.status, connected.body.code]).toEqual([409, 'auth_not_connected']);
    expect((connected.body as { setupUrl?: string }).setupUrl).toMatch(/\/setup\?token=[\w-]{43}$/);
  });
});
