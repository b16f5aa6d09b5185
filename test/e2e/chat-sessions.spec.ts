import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { initialize, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { WireClient } from '../support/wire-client.js';

let gateway: GatewayProcess;
let tokens: Record<'alice' | 'bob', string>;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production' } });
  tokens = { alice: await createApiKey(gateway, 'alice'), bob: await createApiKey(gateway, 'bob') };
});
afterAll(() => gateway.dispose());

type User = keyof typeof tokens;
const wire = (user: User) => new WireClient(gateway.url, { token: tokens[user] });
const chats = async (user: User) =>
  (await new RestClient(gateway.url, { token: tokens[user] }).request('GET', '/mcp/sessions')).body;

async function open(user: User, chat: string): Promise<string> {
  const response = await wire(user).post(initialize(), { headers: { 'x-chat-id': chat } });
  await response.text();
  expect(response.status).toBe(200);
  return response.headers.get('mcp-session-id')!;
}
const ping = async (user: User, session: string) => (await wire(user).post(request(1, 'ping'), { session })).status;

describe('a chat', () => {
  it(cites('chats.list', 'is in no list before it begins'), async () => {
    expect(await chats('alice')).toEqual({});
    expect((await fetch(`${gateway.url}/mcp/sessions`)).status).toBe(401);
  });

  it(
    cites('chats.continue', 'chats.list', 'continues for a client of the SDK in the session that it has'),
    async () => {
      const connect = async () => {
        const headers = { authorization: `Bearer ${tokens.alice}`, 'x-chat-id': 'my-awesome-chat-123' };
        const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), {
          requestInit: { headers },
        });
        const client = new Client({ name: 'tests', version: '1' });
        await client.connect(transport);
        return { client, transport };
      };
      const [first, second] = [await connect(), await connect()];
      const session = first.transport.sessionId!;

      expect(second.transport.sessionId).toBe(session);
      expect(await chats('alice')).toEqual({ 'my-awesome-chat-123': session });
      expect((await second.client.listTools()).tools).toEqual((await first.client.listTools()).tools);
      await first.transport.terminateSession();
      await Promise.all([first.client.close(), second.client.close()]);
    },
  );

  it(cites('chats.users-apart', 'of one id is two chats for two users'), async () => {
    const [alices, bobs] = [await open('alice', 'chat'), await open('bob', 'chat')];

    expect(alices).not.toBe(bobs);
    expect(await chats('alice')).toEqual({ chat: alices });
    expect(await chats('bob')).toEqual({ chat: bobs });
    expect([await ping('alice', bobs), await ping('bob', alices)]).toEqual([404, 404]);
    expect([await open('alice', 'chat'), await open('bob', 'chat')]).toEqual([alices, bobs]);
  });

  it(cites('chats.restart', 'continues after kill -9'), async () => {
    const session = await open('alice', 'chat');
    await gateway.kill9();
    await gateway.restart();

    expect(await chats('alice')).toEqual({ chat: session });
    expect(await open('alice', 'chat')).toBe(session);
  });

  it(cites('chats.ended', 'ends with its session when that is deleted'), async () => {
    const [deleted, kept] = [await open('bob', 'chat'), await open('bob', 'kept')];
    await wire('bob').delete({ session: deleted });

    expect(await chats('bob')).toEqual({ kept });
  });

  it.each(['', 'x'.repeat(257), 'a\tb'])(cites('chats.id-400', 'needs a printable id: case %#'), async (chat) => {
    const response = await wire('alice').post(initialize(), { headers: { 'x-chat-id': chat } });

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      jsonrpc: '2.0',
      error: { code: -32600, message: expect.stringContaining('x-chat-id') },
    });
  });
});

describe('an idle chat', () => {
  const IDLE_MS = 5_000;
  let development: GatewayProcess;

  beforeAll(async () => {
    development = await GatewayProcess.start({ env: { MCP_SESSION_IDLE_TIMEOUT_MS: String(IDLE_MS) } });
  });
  afterAll(() => development.dispose());

  it(cites('chats.ended', 'ends with its session'), async () => {
    const rest = new RestClient(development.url);
    const opened = async () => {
      const client = new WireClient(development.url);
      const response = await client.post(initialize(), { headers: { 'x-chat-id': 'idle' } });
      await response.text();
      return response.headers.get('mcp-session-id');
    };
    const idle = await opened();
    await eventually('it has ended', async () => {
      const { body } = await rest.request<Record<string, string>>('GET', '/mcp/sessions');
      return !('idle' in body);
    });
    const answer = await new WireClient(development.url).post(request(1, 'ping'), { session: idle! });
    expect(answer.status).toBe(404);
    expect(await opened()).not.toBe(idle);
  });
});
