import { Agent, request as send } from 'node:http';
import { askingTools } from '../testing/src/asking-tools.js';
import { RelayProvider } from '../testing/src/relay-provider.js';
import { callTool, openSessionWith, request } from '../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../testing/src/transport-app.js';

const CLIENTS = 50;
const CALLS = 200;
const CAPABILITIES = { elicitation: {} };

/** On node:http: that is quick enough for so many calls. */
function post(
  agent: Agent,
  url: string,
  headers: Record<string, string>,
  body: object,
  onData: (text: string) => void = () => undefined,
): Promise<void> {
  const accept = 'application/json, text/event-stream';
  return new Promise((resolve, reject) => {
    const sent = send(url, {
      agent,
      method: 'POST',
      headers: { ...headers, accept, 'content-type': 'application/json' },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.setEncoding('utf8').on('data', onData).on('end', resolve).on('error', reject);
    });
    sent.end(JSON.stringify(body));
  });
}

describe('50 clients with 200 calls each, with the same ids and tokens', () => {
  const { tools } = askingTools();
  const agent = new Agent({ keepAlive: true });
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport({ providers: [new RelayProvider({ ask: { tools } })] });
  });
  afterAll(async () => {
    agent.destroy();
    await app.discard();
  });

  it('get their own questions, log lines, progress and results in sessions', async () => {
    const crossed: string[] = [];
    const url = `${app.url}/mcp`;
    const run = async (user: string): Promise<void> => {
      const session = await openSessionWith(app.url, CAPABILITIES, { user });
      const headers = { authorization: `Bearer ${user}`, 'mcp-session-id': session };
      await post(agent, url, headers, request(1, 'logging/setLevel', { level: 'debug' }));
      for (let count = 0; count < CALLS; count += 1) {
        const mark = `${user}/${count}`;
        const seen: string[] = [];
        await post(agent, url, headers, callTool(1, 'ask_everything', { mark }, 'token'), (text) => {
          for (const [, data] of text.matchAll(/^data: (\{.*)$/gm)) {
            seen.push(data!);
            const { id, method } = JSON.parse(data!) as { id?: string; method?: string };
            if (method !== 'elicitation/create') continue;
            void post(agent, url, headers, { jsonrpc: '2.0', id, result: { mark } });
          }
        });
        const words = [`"mark":"${mark}"`, `"message":"${mark}"`, `"message":"${mark}"`, `"message":"${mark}"`, mark];
        if (seen.length !== words.length || !words.every((word, index) => seen[index]!.includes(word))) {
          crossed.push(`${mark}: ${seen.join(' ')}`);
        }
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, index) => run(`user-${index}`)));
    expect(crossed).toEqual([]);
  }, 300_000);
});
