import { AuthorizationServer, ProtectedUpstream } from '../../../../../test/simulators/oauth/index.js';
import { TestGateway } from '../../testing/src/gateway.js';

const PATH = '/mcp/external/discover';

let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  gateway = await TestGateway.start({ environment: { MCP_SERVER_URL: 'http://127.0.0.1:3001' } });
});

afterEach(async () => {
  await gateway.destroy();
  await upstream.stop();
  await authority.stop();
});

const discover = (more: object = {}) => gateway.rest('POST', PATH, { url: upstream.url, ...more });

describe('the discovery of a server that is not registered', () => {
  it('says whose tokens it wants, for what, with which scopes, and how the gateway would become a client', async () => {
    const { status, body } = await discover();
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      serverUrl: upstream.url,
      resourceMetadataUrl: `${upstream.origin}/.well-known/oauth-protected-resource/mcp`,
      resourceUri: upstream.url,
      discoverySource: 'prm',
      challengedScopes: ['files:read'],
      authorizationServers: [
        {
          issuer: authority.issuer,
          authorizationServerMetadataUrl: `${authority.issuer}/.well-known/oauth-authorization-server`,
          authorizationEndpoint: `${authority.issuer}/auth`,
          tokenEndpoint: `${authority.issuer}/token`,
          scopesSupported: ['files:read'],
          codeChallengeMethodsSupported: ['S256'],
          clientIdMetadataDocumentSupported: true,
          registrationEndpoint: `${authority.issuer}/reg`,
          tokenEndpointAuthMethodsSupported: expect.arrayContaining(['client_secret_basic']),
        },
      ],
      recommendedRegistrationMode: 'dcr',
    });
    expect(upstream.requests).toEqual([{ token: undefined, status: 401 }]);
    expect(authority.requests.map(({ path }) => path)).toEqual(['/.well-known/oauth-authorization-server']);
  });

  it('recommends a registration by hand where the authorization server registers nobody', async () => {
    authority.changeMetadata({ registration_endpoint: undefined });
    expect((await discover()).body.recommendedRegistrationMode).toBe('manual');
  });

  it('leaves out authorization servers that cannot be used, as long as one is left', async () => {
    const issuers = ['https://169.254.169.254', authority.issuer];
    upstream.metadataChange = { authorization_servers: issuers };
    const { body } = await discover();
    expect(body.authorizationServers.map(({ issuer }: { issuer: string }) => issuer)).toEqual([authority.issuer]);
  });

  it('asks another authorization server on request, and not what the server names', async () => {
    upstream.metadataChange = { authorization_servers: ['https://other.test'] };
    const { body } = await discover({ authorizationServerIssuerOverride: authority.issuer });
    expect(body).toMatchObject({
      discoverySource: 'issuer_override',
      resourceUri: upstream.url,
      authorizationServers: [{ issuer: authority.issuer }],
    });
    expect(body.resourceMetadataUrl).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { issuer: 'https://other.test' }],
    ['no S256', { code_challenge_methods_supported: ['plain'] }],
    ['a token endpoint over plain http', { token_endpoint: 'http://as.test/token' }],
  ])('refuses an authorization server with %s', async (_, change) => {
    authority.changeMetadata(change);
    expect(await discover()).toMatchObject({ status: 502, body: { code: 'metadata_refused' } });
  });

  it('says that it finds nothing where nobody describes himself', async () => {
    upstream.metadata = 'missing';
    expect(await discover()).toMatchObject({ status: 502, body: { code: 'discovery_failed', success: false } });
  });
});

describe('the discovery asks nobody', () => {
  it.each([
    ['/url', { url: 'http://mcp.example/mcp' }],
    ['/url', { url: 'file:///etc/passwd' }],
    ['/url', { url: 'https://user:password@mcp.example/mcp' }],
    ['/url', { url: 'https://mcp.example/mcp#part' }],
    ['/url', { url: ['https://mcp.example/mcp'] }],
    ['/url', { url: undefined }],
    ['/authorizationServerIssuerOverride', { authorizationServerIssuerOverride: 'http://as.example' }],
    ['/authorizationServerIssuerOverride', { authorizationServerIssuerOverride: 'as.example' }],
    ['/resource', { resource: 'https://mcp.example' }],
  ])('for a bad %s: %j', async (pointer, change) => {
    const { status, body } = await discover(change);
    expect([status, body.errors.map((fault: { pointer: string }) => fault.pointer)]).toEqual([400, [pointer]]);
    expect(upstream.requests).toEqual([]);
  });

  it.each([
    'https://10.0.0.1/mcp',
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:a9fe:a9fe]/mcp',
    'https://2130706434/mcp',
    'https://[::1]/mcp',
  ])('at a private address: %s', async (url) => {
    expect(await discover({ url })).toMatchObject({ status: 502, body: { code: 'metadata_refused' } });
    const issuer = { authorizationServerIssuerOverride: new URL(url).origin };
    expect(await discover(issuer)).toMatchObject({ status: 502, body: { code: 'metadata_refused' } });
  });

  it('for callers who are no operators', async () => {
    expect((await gateway.rest('POST', PATH, { url: upstream.url }, 'alice')).status).toBe(403);
    expect(upstream.requests).toEqual([]);
  });
});
