import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { initialize } from '../../libs/transport/testing/src/mcp-wire.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
});
afterAll(() => gateway.dispose());

/** With the headers exactly as given: fetch would put its own Host. */
async function send(method: string, path: string, headers: Record<string, string>, to = gateway): Promise<number> {
  const usual = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const sent = request(new URL(path, to.url), { method, headers: { ...usual, ...headers } });
  sent.end(method === 'POST' ? JSON.stringify(initialize()) : undefined);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.destroy();
  return response.statusCode!;
}

const DOORS: [string, string][] = [
  ['POST', '/mcp'],
  ['GET', '/mcp'],
  ['GET', '/sse'],
  ['POST', '/messages'],
  ['GET', '/mcp/servers'],
];

describe('a web page of a foreign site', () => {
  it.each(DOORS)(cites('http.origin-403', 'is refused by its Origin at %s %s'), async (method, path) => {
    const origins = ['https://evil.example', 'null', 'http://127.0.0.1.evil.example', 'http://localhost@evil.example'];
    const statuses = await Promise.all(origins.map((origin) => send(method, path, { origin })));

    expect(statuses).toEqual([403, 403, 403, 403]);
  });

  it.each(DOORS)(cites('http.host-403', 'is refused by its Host at %s %s in development'), async (method, path) => {
    const hosts = ['evil.example', 'evil.example:3001', '127.0.0.1.evil.example', 'localhost.evil.example:80'];
    const statuses = await Promise.all(hosts.map((host) => send(method, path, { host })));

    expect(statuses).toEqual([403, 403, 403, 403]);
  });

  it(cites('http.origin-403', 'http.host-403', 'differs from a page and a client of this machine'), async () => {
    const own = ['http://localhost:5173', gateway.url].map((origin) => send('POST', '/mcp', { origin }));
    const hosts = ['localhost', 'LOCALHOST:1234', '127.0.0.1'].map((host) => send('POST', '/mcp', { host }));

    expect(await Promise.all([...own, ...hosts])).toEqual([200, 200, 200, 200, 200]);
  });
});

describe('a page of another program on this machine', () => {
  const origin = 'http://localhost:6274';

  it.each([
    ['POST', '/mcp/servers'],
    ['PUT', '/mcp/servers/everything/disable'],
    ['DELETE', '/mcp/servers/everything'],
    ['POST', '/mcp/tool/call'],
    ['POST', '/secrets/set'],
    ['POST', '/auth/keys'],
  ])(cites('http.origin-403', 'changes nothing over REST: %s %s'), async (method, path) => {
    expect(await send(method, path, { origin })).toBe(403);
    expect(await send(method, path, { origin: 'http://localhost', host: new URL(gateway.url).host })).toBe(403);
  });

  it(cites('http.origin-403', 'reads, and uses MCP, as the Inspector does'), async () => {
    expect(await send('POST', '/mcp', { origin })).toBe(200);
    expect(await send('GET', '/mcp/servers', { origin })).toBe(200);
  });

  it(cites('http.origin-403', 'differs from a page of the gateway, under each of its names'), async () => {
    const { port } = new URL(gateway.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`]) {
      expect(await send('POST', '/mcp/servers', { origin: `http://${host}`, host })).toBe(400);
    }
  });
});

describe('in production', () => {
  const start = (env: Record<string, string>) => GatewayProcess.start({ env: { NODE_ENV: 'production', ...env } });
  let limited: GatewayProcess;
  let authorization: string;

  beforeAll(async () => {
    limited = await start({
      MCP_SERVER_URL: 'https://mcp.example.com',
      MCP_ALLOWED_HOSTS: 'mcp.example.com',
      MCP_ALLOWED_ORIGINS: 'https://app.example',
    });
    authorization = `Bearer ${await createApiKey(limited, 'alice')}`;
  });
  afterAll(() => limited.dispose());

  it.each([
    ['mcp.example.com', undefined, 200],
    ['MCP.example.com:443', 'https://app.example', 200],
    ['evil.example', undefined, 403],
    ['127.0.0.1', undefined, 403],
    ['mcp.example.com', 'https://evil.example', 403],
    ['mcp.example.com', 'http://app.example', 403],
    ['mcp.example.com', 'http://localhost:5173', 403],
    ['mcp.example.com', 'null', 403],
  ])(
    cites('http.origin-403', 'http.host-403', 'answers the Host %s with the Origin %s as they are listed: %i'),
    async (host, origin, status) => {
      const headers = { authorization, host, ...(origin !== undefined && { origin }) };

      expect(await send('POST', '/mcp', headers, limited)).toBe(status);
    },
  );

  // An orchestrator probes a container by its address. It must not take the refusal for a sick gateway.
  it('answers probes under any Host', async () => {
    const probes = ['/livez', '/readyz', '/healthz'].map((path) =>
      send('GET', path, { host: '10.0.0.7:3001' }, limited),
    );

    expect(await Promise.all(probes)).toEqual([200, 200, 200]);
  });
});
