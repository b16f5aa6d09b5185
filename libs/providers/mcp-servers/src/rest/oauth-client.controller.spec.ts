import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectFlow } from '@manifold/oauth';
import { AuthorizationServer, KNOWN_CLIENT, ProtectedUpstream } from '../../../../../test/simulators/oauth/index.js';
import { principalOf, TestGateway } from '../../testing/src/gateway.js';

const PATH = '/mcp/servers/files/oauth/client';
const CLIENT = { issuer: 'https://idp.example', clientId: 'the gateway', clientSecret: 'canary-client-secret' };

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await TestGateway.start({ environment: { MCP_SERVER_URL: 'https://gateway.test' } });
  await register('http://127.0.0.1:9/mcp');
});
afterEach(() => gateway.destroy());

const register = (url: string) =>
  gateway.rest('POST', '/mcp/servers', { name: 'files', transportType: 'streamable_http', url, enabled: false });

it('is set, shown without its secret, replaced and forgotten by operators', async () => {
  const { issuer, clientId } = CLIENT;
  const shown = { issuer, clientId };
  expect((await gateway.rest('GET', PATH)).body).toMatchObject({ success: false, code: 'client_not_found' });
  const answer = {
    status: 200,
    body: { success: true, client: { ...shown, hasSecret: true }, redirectUri: 'https://gateway.test/oauth/callback' },
  };
  expect(await gateway.rest('PUT', PATH, CLIENT)).toEqual(answer);
  expect(await gateway.rest('GET', PATH)).toEqual(answer);
  await gateway.rest('PUT', PATH, { ...shown, clientId: 'another' });
  const { body } = await gateway.rest('GET', PATH);
  expect(body.client).toEqual({ issuer: 'https://idp.example', clientId: 'another', hasSecret: false });
  expect((await gateway.rest('DELETE', PATH)).status).toBe(200);
  expect((await gateway.rest('DELETE', PATH)).status).toBe(404);
});

it('goes with the server, and lies sealed in the database', async () => {
  await gateway.rest('PUT', PATH, CLIENT);
  const files = readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  for (const file of files) {
    expect(readFileSync(join(file.parentPath, file.name)).includes('canary-client-secret')).toBe(false);
  }
  await gateway.rest('DELETE', '/mcp/servers/files');
  await register('http://127.0.0.1:9/mcp');
  expect((await gateway.rest('GET', PATH)).status).toBe(404);
});

it('is nobody else’s business, and of no server that does not exist', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const body = method === 'PUT' ? CLIENT : undefined;
    expect([method, (await gateway.rest(method, PATH, body, 'alice')).status]).toEqual([method, 403]);
    const elsewhere = PATH.replace('files', 'unknown');
    expect([method, (await gateway.rest(method, elsewhere, body)).status]).toEqual([method, 404]);
  }
});

it.each([
  ['/issuer', { issuer: 'idp.example' }],
  ['/issuer', { issuer: 'file:///etc/passwd' }],
  ['/issuer', { issuer: 'https://me:secret@idp.example' }],
  ['/issuer', { issuer: undefined }],
  ['/clientId', { clientId: undefined }],
  ['/clientId', { clientId: '' }],
  ['/clientId', { clientId: 'a\r\nb' }],
  ['/clientId', { clientId: { $ne: null } }],
  ['/clientSecret', { clientSecret: 7 }],
  ['/tenant', { tenant: 'other' }],
])('refuses a bad %s: %j', async (pointer, change) => {
  const { status, body } = await gateway.rest('PUT', PATH, { ...CLIENT, ...change });
  expect([status, body.errors.map((fault: { pointer: string }) => fault.pointer)]).toEqual([400, [pointer]]);
});

it('is whom users connect as', async () => {
  const authority = await AuthorizationServer.start({ redirectUris: ['https://gateway.test/oauth/callback'] });
  const upstream = await ProtectedUpstream.start(authority);
  try {
    const { id: clientId, secret: clientSecret } = KNOWN_CLIENT;
    await gateway.rest('PUT', PATH, { issuer: authority.issuer, clientId, clientSecret });
    const owner = { principal: principalOf('alice'), server: 'files' };
    const server = { name: 'files', url: upstream.url };
    const { authorizationUrl } = await gateway.app.get(ConnectFlow).start(owner, server);
    expect(new URL(authorizationUrl).searchParams.get('client_id')).toBe(clientId);
    expect(authority.requestsTo('registration')).toEqual([]);
  } finally {
    await upstream.stop();
    await authority.stop();
  }
});
