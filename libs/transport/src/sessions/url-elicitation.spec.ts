import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { takesUrls } from './url-elicitation.js';

let app: TransportApp;
const clients: Client[] = [];

beforeAll(async () => {
  app = await startTransport();
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(() => app.discard());

const TRANSPORTS = {
  'Streamable HTTP': () => new StreamableHTTPClientTransport(new URL(`${app.url}/mcp`)),
  'HTTP+SSE': () => new SSEClientTransport(new URL(`${app.url}/sse`)),
};

/** A client that collects what it is asked to show, and what comes with the result of a call that needs a connection. */
async function callBy(
  transport: keyof typeof TRANSPORTS,
  elicitation?: { url?: Record<string, never>; form?: Record<string, never> },
) {
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation } });
  clients.push(client);
  const asked: unknown[] = [];
  const shown = new Promise<void>((resolve) => {
    if (!elicitation) return;
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked.push(params);
      resolve();
      return { action: 'accept' };
    });
  });
  await client.connect(TRANSPORTS[transport]());
  return { result: await client.callTool({ name: 'connect', arguments: {} }), asked, shown };
}

const words = { content: [{ type: 'text', text: 'Visit https://gateway.test/setup?token=t' }] };

describe.each(Object.keys(TRANSPORTS) as (keyof typeof TRANSPORTS)[])(
  'a call that needs a connection first, over %s',
  (transport) => {
    it('has words with the link as its result, which is no error', async () => {
      const { result } = await callBy(transport);
      expect(result).toEqual(words);
    });

    it('also asks a client that shows URLs to take its user there', async () => {
      const { result, asked, shown } = await callBy(transport, { url: {} });
      await shown;
      expect(result).toEqual(words);
      expect(asked).toEqual([
        {
          mode: 'url',
          elicitationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          url: 'https://gateway.test/setup?token=t',
          message: 'Slack is not connected',
        },
      ]);
    });

    it('asks nothing of a client that only shows forms', async () => {
      const { result, asked } = await callBy(transport, { form: {} });
      expect(result).toEqual(words);
      expect(asked).toEqual([]);
    });
  },
);

describe('a call that needs a connection first, in the modern era', () => {
  const callBy = async (elicitation?: { url?: Record<string, never> }, answer: 'accept' | 'decline' = 'accept') => {
    const client = new ModernClient(
      { name: 'test', version: '1' },
      { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation } },
    );
    const asked: unknown[] = [];
    if (elicitation) {
      client.setRequestHandler('elicitation/create', ({ params }) => {
        asked.push(params);
        return { action: answer };
      });
    }
    await client.connect(new ModernTransport(new URL(`${app.url}/mcp`)));
    expect(client.getProtocolEra()).toBe('modern');
    const result = await client.callTool({ name: 'connect', arguments: {} });
    await client.close();
    return { result, asked };
  };

  it.each(['accept', 'decline'] as const)(
    'asks a client that shows URLs by the result, and gives words after its answer: %s',
    async (answer) => {
      const { result, asked } = await callBy({ url: {} }, answer);
      expect(result).toMatchObject(words);
      expect(result.isError).toBeUndefined();
      expect(asked).toEqual([
        { mode: 'url', url: 'https://gateway.test/setup?token=t', message: 'Slack is not connected' },
      ]);
    },
  );

  it('has words with the link for all others', async () => {
    expect((await callBy()).result).toMatchObject(words);
  });
});

it.each([
  [{ elicitation: { url: {} } }, true],
  [{ elicitation: { form: {}, url: { x: 1 } } }, true],
  [{ elicitation: {} }, false],
  [{ elicitation: { url: true } }, false],
  [{ elicitation: null }, false],
  [{}, false],
  [undefined, false],
  ['url', false],
])('capabilities %j show URLs: %s', (capabilities, expected) => expect(takesUrls(capabilities)).toBe(expected));
