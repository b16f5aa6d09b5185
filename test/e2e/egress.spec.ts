import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { admin } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { HttpUpstream } from '../support/upstreams.js';

describe('Connections of a gateway in production', () => {
  const hits: string[] = [];
  let gateway: GatewayProcess;
  let rest: RestClient;
  let upstream: HttpUpstream;
  let canary: Server;
  let canaryPort: number;

  beforeAll(async () => {
    upstream = await HttpUpstream.start();
    // On another loopback address than the one that is allowed.
    canary = createServer((request, response) => {
      hits.push(`${request.method} ${request.url}`);
      response.end('{}');
    }).listen(0, '127.0.0.2');
    await once(canary, 'listening');
    canaryPort = (canary.address() as AddressInfo).port;
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production', EGRESS_ALLOW: '127.0.0.1' } });
    const token = await admin(gateway, 'create-key', '--name', 'ops', '--roles', 'operator');
    rest = new RestClient(gateway.url, { token });
  });

  afterAll(async () => {
    await gateway?.dispose();
    await upstream.stop();
    canary.close();
  });

  it(cites('egress.private-refused', 'reach a private address that EGRESS_ALLOW names'), async () => {
    const { body } = await rest.register({ name: 'allowed', transportType: 'streamable_http', url: upstream.url });

    expect(body.server).toMatchObject({ status: 'connected' });
  });

  it.each([
    'http://127.0.0.2',
    'http://2130706434',
    'http://0x7f.2',
    'http://[::ffff:127.0.0.2]',
    'http://[64:ff9b::7f00:2]',
    'http://0.0.0.0',
    'http://[::1]',
    'http://[::]',
    'http://10.0.0.1',
    'http://192.168.0.1',
    'http://100.64.0.1',
    'http://169.254.169.254',
    'http://[fd00::1]',
  ])(cites('egress.private-refused', 'do not reach another private address: %s'), async (origin) => {
    const url = `${origin}:${canaryPort}/mcp`;
    const { status, body } = await rest.register({ name: 'refused', transportType: 'streamable_http', url });
    await rest.remove('refused');

    expect({ status, server: body.server }).toMatchObject({ status: 200, server: { status: 'error' } });
    expect(body.server.lastError).toMatch(/^The address of .* may not be reached from the gateway$/);
    expect(hits).toEqual([]);
  });

  it(cites('egress.private-refused', 'do not follow a redirect there'), async () => {
    const redirecting = createServer((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.2:${canaryPort}/mcp` }).end();
    }).listen(0, '127.0.0.1');
    await once(redirecting, 'listening');
    const { port } = redirecting.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/mcp`;
    const { body } = await rest.register({ name: 'redirecting', transportType: 'streamable_http', url });
    redirecting.close();

    expect(body.server.status).toBe('error');
    expect(hits).toEqual([]);
  });
});
