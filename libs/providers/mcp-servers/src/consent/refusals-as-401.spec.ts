import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TestGateway, until } from '../../testing/src/gateway.js';

let gateway: TestGateway;
let upstream: Server;
/** The answer of the server to every request. */
let refusal: { status: number; body: string; headers?: Record<string, string> };

beforeEach(async () => {
  upstream = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(refusal.status, refusal.headers).end(refusal.body));
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await TestGateway.start();
});
afterEach(async () => {
  await gateway.destroy();
  upstream.close();
  upstream.closeAllConnections();
});

const register = (): Promise<unknown> => {
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`;
  return gateway.rest('POST', '/mcp/servers', { name: 'files', transportType: 'streamable_http', url });
};
const names = async (): Promise<string[]> => (await gateway.list('alice')).map(({ publicName }) => publicName);

it.each([
  [403, 'Forbidden'],
  [400, '{"error":"missing token"}'],
  [403, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Unauthorized"}}'],
])('a server that answers %i instead of 401 asks for accounts once an operator has said so', async (status, body) => {
  refusal = { status, body };
  await register();
  expect(await names()).toEqual([]);
  const settings = await gateway.rest('PUT', '/mcp/servers/files/oauth/settings', { auth: 'oauth' });
  expect(settings).toMatchObject({ status: 200, body: { settings: { auth: 'oauth' } } });
  await gateway.rest('PUT', '/mcp/servers/files/disable');
  await gateway.rest('PUT', '/mcp/servers/files/enable');
  await until(async () => (await names()).includes('files_connect'));
});

it.each([
  [{ status: 400, body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"Bad request"}}' }],
  [{ status: 403, body: '', headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="files:read"' } }],
  [{ status: 500, body: '' }],
])('what is no question for a token stays as it is: %j', async (answer) => {
  refusal = answer;
  await register();
  await gateway.rest('PUT', '/mcp/servers/files/oauth/settings', { auth: 'oauth' });
  await gateway.rest('PUT', '/mcp/servers/files/disable');
  await gateway.rest('PUT', '/mcp/servers/files/enable');
  await until(async () => (await gateway.rest('GET', '/mcp/servers/files')).body.server.status === 'error');
  expect(await names()).toEqual([]);
});
