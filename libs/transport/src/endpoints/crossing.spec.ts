import { thorough } from '../../../../test/support/thorough.js';
import { askingTools } from '../../testing/src/asking-tools.js';
import { RelayProvider } from '../../testing/src/relay-provider.js';
import { callTool, modernRequest, openSessionWith, request } from '../../testing/src/mcp-wire.js';
import { QuickClient } from '../../testing/src/quick-client.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

const CLIENTS = 50;
const CALLS = thorough(200, 40);
/** Each of them is two requests, of which the second goes on with the first. */
const MODERN_CALLS = thorough(20, 8);
const ASKS_EVERY = 4;
const CAPABILITIES = { elicitation: {} };

const messagesIn = (text: string): string[] => Array.from(text.matchAll(/^data: (\{.*)$/gm), ([, data]) => data!);

/** Log line, progress, server request, progress and result of one call, all with its mark and in this order. */
function isWhole(seen: readonly string[], mark: string, asks = true): boolean {
  const message = `"message":"${mark}"`;
  const result = asks ? `${mark} {` : `${mark} undefined`;
  const words = [`"mark":"${mark}"`, message, ...(asks ? [message] : []), message, result];
  return seen.length === words.length && words.every((word, index) => seen[index]!.includes(word));
}

describe('50 clients with hundreds of calls each, with the same ids and tokens', () => {
  const { tools } = askingTools();
  let app: TransportApp;
  let client: QuickClient;

  beforeAll(async () => {
    app = await startTransport({ providers: [new RelayProvider({ ask: { tools } })] });
    client = new QuickClient(app.url);
  });
  afterAll(async () => {
    await client.close();
    await app.discard();
  });

  it('get their own server requests, log lines, progress and results in sessions', async () => {
    const crossed: string[] = [];
    const run = async (user: string): Promise<void> => {
      const session = await openSessionWith(app.url, CAPABILITIES, { user });
      const headers = { authorization: `Bearer ${user}`, 'mcp-session-id': session };
      const post = (body: object, onData?: (text: string) => void) =>
        client.post('/mcp', headers, JSON.stringify(body), onData);
      await post(request(1, 'logging/setLevel', { level: 'debug' }));
      for (let count = 0; count < CALLS; count += 1) {
        const mark = `${user}/${count}`;
        const seen: string[] = [];
        const asks = count % ASKS_EVERY === 0;
        await post(callTool(1, 'ask_everything', { mark, asks }, 'token'), (text) => {
          for (const data of messagesIn(text)) {
            seen.push(data);
            const { id, method } = JSON.parse(data) as { id?: string; method?: string };
            if (method !== 'elicitation/create') continue;
            void post({ jsonrpc: '2.0', id, result: { mark } });
          }
        });
        if (!isWhole(seen, mark, asks)) crossed.push(`${mark}: ${seen.join(' ')}`);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => run(`user-${index}`)));
    expect(crossed).toEqual([]);
  });

  it('get their own in the modern era too', async () => {
    const crossed: string[] = [];
    const meta = {
      'io.modelcontextprotocol/clientCapabilities': CAPABILITIES,
      'io.modelcontextprotocol/logLevel': 'debug',
      progressToken: 'token',
    };
    const run = async (user: string): Promise<void> => {
      const call = async (params: object): Promise<string[]> => {
        const { body, headers } = modernRequest({ id: 1, method: 'tools/call', params }, { meta });
        const all = { ...headers, authorization: `Bearer ${user}` };
        return messagesIn((await client.post('/mcp', all, JSON.stringify(body))).text);
      };
      for (let count = 0; count < MODERN_CALLS; count += 1) {
        const mark = `${user}/${count}`;
        const params = { name: 'ask_everything', arguments: { mark } };
        const asked = await call(params);
        const { result } = JSON.parse(asked.at(-1)!) as { result: { requestState: string } };
        const inputResponses = { answer: { mark } };
        const seen = [...asked, ...(await call({ ...params, inputResponses, requestState: result.requestState }))];
        if (!isWhole(seen, mark)) crossed.push(`${mark}: ${seen.join(' ')}`);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => run(`user-${index}`)));
    expect(crossed).toEqual([]);
  });
});
