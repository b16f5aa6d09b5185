import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizationServer, ProtectedUpstream } from '../../../../test/simulators/oauth/index.js';
import { OAuthProcess } from '../../testing/src/index.js';
import { bearerChallenge } from '../protocol/bearer-challenge.js';
import { Discovery } from './discovery.js';
import type { PreRegisteredClient } from '../protocol/protected-server.js';

let folder: string;
let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let gateway: OAuthProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-discovery-'));
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  gateway = await OAuthProcess.start({ dataDir: folder });
});

afterEach(async () => {
  await gateway.stop();
  await upstream.stop();
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

const server = (client?: PreRegisteredClient) => ({ name: 'files', url: upstream.url, client });
const discover = (header?: string, client?: PreRegisteredClient) =>
  gateway.get(Discovery).discover(server(client), bearerChallenge(header));

async function challengeOf(url: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: '{}' });
  return response.headers.get('www-authenticate')!;
}

describe('discovery', () => {
  it('follows the challenge to the metadata of the resource and of its authorization server', async () => {
    expect(await discover(await challengeOf(upstream.url))).toMatchObject({
      resource: upstream.url,
      scopes: ['files:read'],
      metadata: { issuer: authority.issuer, token_endpoint: `${authority.issuer}/token` },
    });
    expect(authority.requestsTo('metadata').map(({ path }) => path)).toEqual([
      '/.well-known/oauth-authorization-server',
    ]);
  });

  it('finds the metadata without a challenge', async () => {
    upstream.metadata = 'served';
    expect(await discover()).toMatchObject({ resource: upstream.url, metadata: { issuer: authority.issuer } });
  });

  it('goes on to OpenID Connect where there is no RFC 8414, and keeps what only that says', async () => {
    authority.always('oauth-metadata', { status: 404 });
    expect((await discover()).metadata).toMatchObject({
      issuer: authority.issuer,
      authorization_response_iss_parameter_supported: true,
    });
  });

  it('asks the server itself where nothing names an authorization server, as in 2025-03-26', async () => {
    upstream.metadata = 'missing';
    await expect(discover()).rejects.toMatchObject({ code: 'discovery_failed' });
    const known = { issuer: authority.issuer, clientId: 'known' };
    expect(await discover(undefined, known)).toMatchObject({
      resource: upstream.url,
      metadata: { issuer: authority.issuer },
    });
  });

  it('goes to the authorization server that a client is registered with, and to no other', async () => {
    const other = await AuthorizationServer.start();
    upstream.metadataChange = { authorization_servers: [other.issuer, authority.issuer] };
    const found = await discover(undefined, { issuer: authority.issuer, clientId: 'known' });
    expect(found.metadata.issuer).toBe(authority.issuer);
    const elsewhere = discover(undefined, { issuer: 'https://third.test', clientId: 'known', clientSecret: 'secret' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'metadata_refused' });
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  it('takes an issuer with and without a slash at the end of its host for one', async () => {
    upstream.metadataChange = { authorization_servers: [`${authority.issuer}/`] };
    expect((await discover()).metadata.issuer).toBe(authority.issuer);
  });

  it.each(['/mcp/', '/mcp//', '/'])('takes the resource %s for the endpoint or one above it', async (path) => {
    upstream.metadataChange = { resource: `${upstream.origin}${path}` };
    expect((await discover()).resource).toBe(`${upstream.origin}${path}`);
  });

  it('takes a resource above the endpoint, and tells how the server spells it', async () => {
    upstream.metadataChange = { resource: upstream.origin };
    expect((await discover()).resource).toBe(upstream.origin);
  });
});

describe('discovery goes on to the next place where the first one', () => {
  it.each([
    'cut',
    'bad gateway',
    'not JSON',
    { status: 401 },
    { status: 403 },
    { status: 500 },
    { json: [1, 2] },
    { json: null },
    { json: 'text' },
    { json: {} },
    { json: { issuer: 'https://other.test' } },
  ] as const)('of an authorization server answers %j', async (behaviour) => {
    authority.always('oauth-metadata', behaviour);
    expect((await discover()).metadata.issuer).toBe(authority.issuer);
  });

  it('of an authorization server redirects to another host, which is not asked', async () => {
    const canary = await AuthorizationServer.start();
    authority.redirect('oauth-metadata', `${canary.issuer}/login`);
    expect((await discover()).metadata.issuer).toBe(authority.issuer);
    expect(canary.requests).toEqual([]);
    await canary.stop();
  });

  it.each([{ status: 500 }, 'not JSON'] as const)('gives no authorization server, but %j', async (behaviour) => {
    const broken = await AuthorizationServer.start();
    broken.always('metadata', behaviour);
    upstream.metadataChange = { authorization_servers: [broken.issuer, authority.issuer] };
    expect((await discover()).metadata.issuer).toBe(authority.issuer);
    await broken.stop();
  });
});

it.each<[string, Record<string, unknown>]>([
  ['null for what may be missing', { scopes_supported: null, registration_endpoint: null, jwks_uri: null }],
  ['no response types', { response_types_supported: undefined }],
  ['null for response types', { response_types_supported: null }],
  ['members of wrong types', { scopes_supported: { a: 1 }, token_endpoint_auth_methods_supported: 'none' }],
])('discovery takes metadata with %s', async (_, change) => {
  authority.changeMetadata(change);
  expect((await discover()).metadata.issuer).toBe(authority.issuer);
});

describe('discovery refuses', () => {
  it.each<[string, Record<string, unknown>]>([
    ['metadata with another issuer', { issuer: 'https://other.test' }],
    ['metadata with an issuer that only starts the same', { issuer: 'http://127.0.0.1' }],
    ['an authorization server without S256', { code_challenge_methods_supported: ['plain'] }],
    ['an authorization server that says nothing about PKCE', { code_challenge_methods_supported: undefined }],
    ['an authorization server without codes', { response_types_supported: ['token'] }],
    ['an authorization endpoint over plain http', { authorization_endpoint: 'http://as.test/auth' }],
    ['an authorization endpoint that is a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['an authorization endpoint with credentials', { authorization_endpoint: 'https://a:b@as.test/auth' }],
    ['a token endpoint over plain http', { token_endpoint: 'http://as.test/token' }],
    ['a registration endpoint over plain http', { registration_endpoint: 'http://as.test/reg' }],
    ['metadata without a token endpoint', { token_endpoint: undefined }],
  ])('%s', async (_, change) => {
    authority.changeMetadata(change);
    await expect(discover()).rejects.toMatchObject({ name: 'OAuthFlowError', code: 'metadata_refused' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['the metadata of another host', { resource: 'https://other.test/mcp' }],
    ['the metadata of a resource beside the server', { resource: 'http://127.0.0.1/mcp' }],
    ['metadata without a resource', { resource: undefined }],
    ['an authorization server over plain http', { authorization_servers: ['http://as.test'] }],
    ['an authorization server that is a file', { authorization_servers: ['file:///etc/passwd'] }],
    ['an authorization server on a private address', { authorization_servers: ['https://10.0.0.1'] }],
    ['an authorization server where clouds keep credentials', { authorization_servers: ['https://169.254.169.254'] }],
    [
      'an authorization server behind another spelling of that',
      { authorization_servers: ['https://[::ffff:a9fe:a9fe]'] },
    ],
  ])('%s', async (_, change) => {
    upstream.metadataChange = change;
    await expect(discover()).rejects.toMatchObject({ code: 'metadata_refused' });
    expect(authority.requests).toEqual([]);
  });

  it.each(['http://10.0.0.1/metadata', 'https://10.0.0.1/metadata', 'file:///etc/passwd', 'no url'])(
    'a challenge that names %s',
    async (named) => {
      await expect(discover(`Bearer resource_metadata="${named}"`)).rejects.toMatchObject({ code: 'metadata_refused' });
    },
  );

  it('loopback and plain http for a server that is on the internet', async () => {
    const remote = { name: 'files', url: 'https://mcp.test/mcp' };
    const challenge = bearerChallenge(`Bearer resource_metadata="${upstream.origin}/.well-known/x"`);
    await expect(gateway.get(Discovery).discover(remote, challenge)).rejects.toMatchObject({
      code: 'metadata_refused',
    });
    const plain = { name: 'files', url: 'http://mcp.test/mcp' };
    await expect(gateway.get(Discovery).discover(plain)).rejects.toMatchObject({ code: 'metadata_refused' });
  });

  it('metadata of 2 MB', async () => {
    authority.always('metadata', { hugeBytes: 2_000_000 });
    await expect(discover()).rejects.toMatchObject({
      code: 'metadata_refused',
      message: expect.stringContaining('large'),
    });
  });

  it('metadata that redirects in circles, and to another host', async () => {
    authority.always('oidc-metadata', { status: 404 });
    authority.redirect('oauth-metadata', '/.well-known/oauth-authorization-server');
    await expect(discover()).rejects.toMatchObject({ code: 'metadata_refused' });
    const canary = await AuthorizationServer.start();
    authority.redirect('oauth-metadata', `${canary.issuer}/.well-known/oauth-authorization-server`);
    await expect(discover()).rejects.toMatchObject({ code: 'metadata_refused' });
    expect(canary.requests).toEqual([]);
    await canary.stop();
  });

  it.each(['not JSON', { json: [1, 2] }, { json: 'text' }] as const)('metadata that is %j', async (behaviour) => {
    authority.always('metadata', behaviour);
    await expect(discover()).rejects.toMatchObject({ code: 'metadata_refused' });
  });
});

describe('discovery says that a later try may help', () => {
  it.each(['never', 'cut', 'bad gateway', { status: 500 }] as const)('when the metadata is %j', async (behaviour) => {
    authority.always('metadata', behaviour);
    const impatient = await OAuthProcess.start({ dataDir: folder, limits: { metadataMs: 3_000 } });
    const discovering = impatient.get(Discovery).discover(server());
    await expect(discovering).rejects.toMatchObject({ code: 'unavailable' });
    await impatient.stop();
  });

  it('when its time is over, however many places there are', async () => {
    authority.always('metadata', 'never');
    const impatient = await OAuthProcess.start({ dataDir: folder, limits: { discoveryMs: 1_000 } });
    const discovering = impatient.get(Discovery).discover(server());
    await expect(discovering).rejects.toMatchObject({ name: 'OAuthFlowError', code: 'unavailable' });
    await impatient.stop();
  });

  it('when nobody listens', async () => {
    await authority.stop();
    await expect(discover()).rejects.toMatchObject({ code: 'unavailable' });
    authority = await AuthorizationServer.start();
  });

  it('and ends at once when its caller gives up', async () => {
    authority.always('metadata', 'never');
    const aborting = new AbortController();
    const asked = authority.nextRequest('metadata');
    const discovering = gateway.get(Discovery).discover(server(), undefined, aborting.signal);
    await asked;
    aborting.abort(new Error('enough'));
    await expect(discovering).rejects.toThrow('enough');
  });
});

describe('discovery at a server whose own metadata', () => {
  let host: Server;
  let origin: string;
  let answer: (path: string, response: ServerResponse) => void;

  beforeEach(async () => {
    host = createServer((request, response) => answer(request.url!, response)).listen(0, '127.0.0.1');
    await once(host, 'listening');
    origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    expect(authority.requests).toEqual([]);
    host.close();
    host.closeAllConnections();
  });

  it.each<[string, string, (path: string, response: ServerResponse) => void]>([
    ['has 2 MB', 'metadata_refused', (_, response) => response.end(`{"resource":"${'x'.repeat(2_000_000)}"}`)],
    ['redirects in circles', 'metadata_refused', (path, response) => redirect(response, path)],
    [
      'is where clouds keep credentials',
      'metadata_refused',
      (_, response) => redirect(response, 'https://169.254.169.254/'),
    ],
    ['never comes', 'unavailable', () => undefined],
    ['never ends', 'unavailable', (_, response) => void response.write('{"resource":')],
    ['is cut off', 'unavailable', (_, response) => void response.destroy()],
    ['is no JSON', 'metadata_refused', (_, response) => response.end('<html>')],
    ['is a failure', 'unavailable', (_, response) => response.writeHead(503).end()],
  ])('%s ends as %s', async (_, code, behaviour) => {
    answer = behaviour;
    const impatient = await OAuthProcess.start({ dataDir: folder, limits: { metadataMs: 3_000 } });
    const discovering = impatient.get(Discovery).discover({ name: 'files', url: `${origin}/mcp` });
    await expect(discovering).rejects.toMatchObject({ name: 'OAuthFlowError', code });
    await impatient.stop();
  });

  it('is on another host than it says never leads there', async () => {
    answer = (_, response) => redirect(response, `${authority.issuer}/.well-known/oauth-protected-resource`);
    const discovering = gateway.get(Discovery).discover({ name: 'files', url: `${origin}/mcp` });
    await expect(discovering).rejects.toMatchObject({ code: 'metadata_refused' });
  });

  const redirect = (response: ServerResponse, location: string): void =>
    void response.writeHead(307, { location }).end();
});

describe('discovery at a server that is its own authorization server', () => {
  let host: Server;
  let origin: string;
  /** Answers at the place of the endpoint's metadata, and at that of the host's. */
  let places: (response: ServerResponse) => void;

  beforeEach(async () => {
    host = createServer((request, response) => {
      if (request.url!.startsWith('/.well-known/oauth-protected-resource')) return places(response);
      if (request.url !== '/.well-known/oauth-authorization-server') return void response.writeHead(404).end();
      const endpoints = { authorization_endpoint: `${origin}/auth`, token_endpoint: `${origin}/token` };
      const metadata = { issuer: origin, ...endpoints, code_challenge_methods_supported: ['S256'] };
      return void response.end(JSON.stringify(metadata));
    }).listen(0, '127.0.0.1');
    await once(host, 'listening');
    origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    host.close();
    host.closeAllConnections();
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['a page', (response) => response.end('<!doctype html>')],
    ['null', (response) => response.end('null')],
    ['other JSON', (response) => response.end('{"error":"not found"}')],
    ['HTTP 500', (response) => response.writeHead(500).end()],
    [
      'null for authorization servers',
      (response) => response.end(`{"resource":"${origin}","authorization_servers":null}`),
    ],
  ])('goes there where the server answers %s for its own metadata', async (_, answer) => {
    places = answer;
    const found = await gateway.get(Discovery).discover({ name: 'files', url: `${origin}/mcp` });
    expect(found.metadata.issuer).toBe(origin);
  });

  it('does not go there where the server’s metadata is that of another resource', async () => {
    places = (response) => response.end('{"resource":"https://other.test"}');
    const discovering = gateway.get(Discovery).discover({ name: 'files', url: `${origin}/mcp` });
    await expect(discovering).rejects.toMatchObject({ code: 'metadata_refused' });
  });
});

describe('discovery at an issuer with a path', () => {
  let paths: string[];
  let host: Server;
  let issuer: string;

  beforeEach(async () => {
    paths = [];
    host = createServer((request, response) => {
      paths.push(request.url!);
      response.statusCode = paths.length === 3 ? 200 : 404;
      response.end(
        JSON.stringify({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
        }),
      );
    });
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');
    issuer = `http://127.0.0.1:${(host.address() as AddressInfo).port}/tenant`;
    upstream.metadataChange = { authorization_servers: [issuer] };
  });

  afterEach(() => {
    host.close();
    host.closeAllConnections();
  });

  it('looks in the three places, in their order', async () => {
    expect((await discover()).metadata.issuer).toBe(issuer);
    expect(paths).toEqual([
      '/.well-known/oauth-authorization-server/tenant',
      '/.well-known/openid-configuration/tenant',
      '/tenant/.well-known/openid-configuration',
    ]);
  });
});
