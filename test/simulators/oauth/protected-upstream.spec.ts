import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { AuthorizationServer, ProtectedUpstream, ResourceOwner } from './index.js';

/** The SDK's own client is the judge of both simulators: what it can connect to, follows the specification. */
class SdkClient implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1/callback';
  readonly clientMetadata = {
    redirect_uris: [this.redirectUrl],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  };
  authorizationUrl?: URL;
  stored?: OAuthTokens;
  private information?: OAuthClientInformationMixed;
  private verifier = '';

  clientInformation = () => this.information;
  saveClientInformation = (information: OAuthClientInformationMixed) => void (this.information = information);
  tokens = () => this.stored;
  saveTokens = (tokens: OAuthTokens) => void (this.stored = tokens);
  saveCodeVerifier = (verifier: string) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  redirectToAuthorization = (url: URL) => void (this.authorizationUrl = url);
}

let server: AuthorizationServer;
let upstream: ProtectedUpstream;
const clients: Client[] = [];

beforeEach(async () => {
  server = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(server);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await upstream.stop();
  await server.stop();
});

async function connect(provider: OAuthClientProvider): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  clients.push(client);
  await client.connect(new StreamableHTTPClientTransport(new URL(upstream.url), { authProvider: provider }));
  return client;
}

/** Connects, consents, and connects again. */
async function connectAs(user: string, provider: SdkClient): Promise<Client> {
  await expect(connect(provider)).rejects.toThrow('Unauthorized');
  const callback = await new ResourceOwner(user).allow(provider.authorizationUrl!);
  const transport = new StreamableHTTPClientTransport(new URL(upstream.url), { authProvider: provider });
  await transport.finishAuth(callback.searchParams.get('code')!);
  return connect(provider);
}

const call = (client: Client, name: string) => client.callTool({ name }) as Promise<unknown>;
const text = (words: string) => ({ content: [{ type: 'text', text: words }] });

const challenge = async (headers: Record<string, string> = {}, body: object = {}) => {
  const response = await fetch(upstream.url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, header: response.headers.get('www-authenticate') };
};

describe('the protected upstream', () => {
  it('lets a client in that follows the specification, as the user who consented', async () => {
    const [ann, bob] = [await connectAs('ann', new SdkClient()), await connectAs('bob', new SdkClient())];
    expect(await call(ann, 'whoami')).toEqual(text('whoami of ann'));
    expect(await call(bob, 'whoami')).toEqual(text('whoami of bob'));
    expect((await ann.listTools()).tools.map(({ name }) => name)).toEqual(['whoami', 'write_file']);
  });

  it('tells who has no token, or a wrong one, where to get one', async () => {
    const named = `resource_metadata="${upstream.origin}/.well-known/oauth-protected-resource/mcp"`;
    expect(await challenge()).toEqual({ status: 401, header: `Bearer ${named}, scope="files:read"` });
    expect(await challenge({ authorization: 'Bearer wrong' })).toEqual({
      status: 401,
      header: `Bearer error="invalid_token", ${named}, scope="files:read"`,
    });
    upstream.metadata = 'served';
    upstream.challengedScope = undefined;
    expect(await challenge()).toEqual({ status: 401, header: 'Bearer' });
  });

  it('refuses a token for another resource', async () => {
    const provider = new SdkClient();
    await connectAs('ann', provider);
    const other = await ProtectedUpstream.start(server);
    const headers = { authorization: `Bearer ${provider.stored!.access_token}` };
    const response = await fetch(other.url, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(401);
    await other.stop();
  });

  it('asks for a further scope where a tool needs one', async () => {
    const provider = new SdkClient();
    await connectAs('ann', provider);
    const headers = { authorization: `Bearer ${provider.stored!.access_token}` };
    expect(await challenge(headers, { method: 'tools/call', params: { name: 'write_file' } })).toMatchObject({
      status: 403,
      header: expect.stringMatching(/error="insufficient_scope".*scope="files:write"/),
    });
    upstream.challengedScope = 'files:read files:write';
    const wider = await connectAs('ann', new SdkClient());
    expect(await call(wider, 'write_file')).toEqual(text('write_file of ann'));
  });

  it('notices that a token has expired or was revoked, and that its own clock says so', async () => {
    const provider = new SdkClient();
    const client = await connectAs('ann', provider);
    server.expireAccessTokens();
    expect(await call(client, 'whoami')).toEqual(text('whoami of ann'));
    expect(server.requestsTo('token:refresh_token')).toHaveLength(1);
    const headers = { authorization: `Bearer ${provider.stored!.access_token}` };
    upstream.clockAheadSeconds = 3601;
    expect(await challenge(headers)).toMatchObject({ status: 401 });
    upstream.clockAheadSeconds = 0;
    server.revoke('ann');
    await expect(call(client, 'whoami')).rejects.toThrow('grant request is invalid');
  });

  it('can be without metadata, and with other metadata', async () => {
    const metadata = () => fetch(`${upstream.origin}/.well-known/oauth-protected-resource/mcp`);
    upstream.metadataChange = { resource: 'https://other.test/mcp', scopes_supported: undefined };
    expect(await (await metadata()).json()).toEqual({
      resource: 'https://other.test/mcp',
      authorization_servers: [server.issuer],
      bearer_methods_supported: ['header'],
    });
    upstream.metadata = 'missing';
    expect((await metadata()).status).toBe(404);
    expect((await challenge()).header).not.toContain('resource_metadata');
  });
});
