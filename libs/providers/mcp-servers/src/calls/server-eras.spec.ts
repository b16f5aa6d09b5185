import { TestGateway, until } from '../../testing/src/gateway.js';
import { json, RawHttpServer } from '../../../../mcp-client/testing/src/raw-http-server.js';

afterAll(() => TestGateway.destroyAll());

describe('the era of a registered server', () => {
  let upstream: RawHttpServer;
  beforeEach(async () => {
    upstream = await RawHttpServer.start((message, response) => {
      if (message.method === 'tools/list') return json(response, { id: message.id, result: { tools: [] } });
      json(response, { id: message.id, error: { code: -32601, message: 'Method not found' } });
    });
    upstream.hasSessions = false;
  });
  afterEach(() => upstream.stop());

  const register = async (gateway: TestGateway) => {
    const settings = { name: 'old', transportType: 'streamable_http', url: upstream.url };
    return (await gateway.rest('POST', '/mcp/servers', settings)).body.server.status;
  };
  const asked = () => upstream.sent('server/discover').length;

  it('is asked for once, also over a restart, until the server is configured anew', async () => {
    const first = await TestGateway.start();
    expect(await register(first)).toBe('connected');
    await first.stop();
    const second = await TestGateway.start({ dataDir: first.dataDir });
    await until(() => upstream.sent('initialize').length === 2);
    expect(asked()).toBe(1);

    await second.rest('PUT', '/mcp/servers/old', { url: `${upstream.url}?changed` });
    expect(asked()).toBe(2);
    await second.destroy();
  });

  it('is forgotten with the server', async () => {
    const gateway = await TestGateway.start();
    await register(gateway);
    await gateway.rest('DELETE', '/mcp/servers/old');
    await register(gateway);
    expect(asked()).toBe(2);
    await gateway.destroy();
  });
});
