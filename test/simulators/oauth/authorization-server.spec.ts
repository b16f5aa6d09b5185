import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AuthorizationServer, KNOWN_CLIENT, ResourceOwner } from './index.js';

const CALLBACK = 'http://127.0.0.1/callback';
const RESOURCE = 'http://127.0.0.1:9/mcp';
const VERIFIER = 'v'.repeat(43);

type Tokens = { access_token: string; refresh_token?: string; expires_in: number; scope: string; error?: string };

let server: AuthorizationServer;
let ann: ResourceOwner;

beforeEach(async () => {
  server = await AuthorizationServer.start();
  ann = new ResourceOwner('ann');
});

afterEach(() => server.stop());

function authorizationUrl(change: Record<string, string | undefined> = {}): URL {
  const url = new URL(`${server.issuer}/auth`);
  const parameters: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: KNOWN_CLIENT.id,
    redirect_uri: CALLBACK,
    scope: 'files:read',
    state: 'of-the-client',
    resource: RESOURCE,
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

async function post(
  path: string,
  form: Record<string, string>,
  client: { id: string; secret: string } = KNOWN_CLIENT,
): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
  return fetch(`${server.issuer}${path}`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(form),
  });
}

async function redeem(callback: URL): Promise<Tokens> {
  const code = callback.searchParams.get('code')!;
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    resource: RESOURCE,
  };
  return (await (await post('/token', form)).json()) as Tokens;
}

async function refresh(token: string): Promise<{ status: number } & Tokens> {
  const response = await post('/token', { grant_type: 'refresh_token', refresh_token: token, resource: RESOURCE });
  return { status: response.status, ...((await response.json()) as Tokens) };
}

const metadata = async (document = 'oauth-authorization-server') =>
  (await (await fetch(`${server.issuer}/.well-known/${document}`)).json()) as Record<string, unknown>;

describe('the authorization server', () => {
  it.each(['oauth-authorization-server', 'openid-configuration'])('describes itself in %s', async (document) => {
    expect(await metadata(document)).toMatchObject({
      issuer: server.issuer,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      registration_endpoint: `${server.issuer}/reg`,
    });
  });

  it('gives a code for the consent of a user, and tokens for the code, once', async () => {
    const callback = await ann.allow(authorizationUrl());
    expect(callback.origin + callback.pathname).toBe(CALLBACK);
    expect(callback.searchParams.get('state')).toBe('of-the-client');
    expect(callback.searchParams.get('iss')).toBe(server.issuer);
    const first = await redeem(callback);
    expect(first).toMatchObject({ scope: 'files:read', expires_in: 3600, refresh_token: expect.any(String) });
    expect(await redeem(callback)).toMatchObject({ error: 'invalid_grant' });
  });

  it('says that the user said no', async () => {
    expect((await ann.deny(authorizationUrl())).searchParams.get('error')).toBe('access_denied');
  });

  it('grants what the user has left ticked', async () => {
    const url = authorizationUrl({ scope: 'files:read files:write' });
    expect(await redeem(await ann.allow(url, { without: ['files:write'] }))).toMatchObject({ scope: 'files:read' });
  });

  it.each([{ code_challenge: undefined, code_challenge_method: undefined }, { code_challenge_method: 'plain' }])(
    'wants PKCE with S256, not %j',
    async (change) => {
      expect((await ann.allow(authorizationUrl(change))).searchParams.get('error')).toBe('invalid_request');
    },
  );

  it('rotates refresh tokens, and takes the grant back when an old one is used again', async () => {
    const first = await redeem(await ann.allow(authorizationUrl()));
    const second = await refresh(first.refresh_token!);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await refresh(first.refresh_token!)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await refresh(second.refresh_token!)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('leaves refresh tokens as they are, and out, where its rules say so', async () => {
    server.rules.rotateRefreshTokens = false;
    const first = await redeem(await ann.allow(authorizationUrl()));
    expect((await refresh(first.refresh_token!)).refresh_token).toBe(first.refresh_token);
    server.rules.refreshTokens = 'offline_access';
    expect(await redeem(await ann.allow(authorizationUrl({ prompt: 'consent' })))).not.toHaveProperty('refresh_token');
    const offline = authorizationUrl({ scope: 'files:read offline_access', prompt: 'consent' });
    expect(await redeem(await ann.allow(offline))).toHaveProperty('refresh_token');
  });

  it('issues tokens that live as long as its rules say', async () => {
    server.rules.accessTokenSeconds = 5;
    expect(await redeem(await ann.allow(authorizationUrl()))).toMatchObject({ expires_in: 5 });
  });

  it('takes everything back from a client by revocation, and from a user', async () => {
    const tokens = await redeem(await ann.allow(authorizationUrl()));
    await post('/token/revocation', { token: tokens.refresh_token! });
    expect(await refresh(tokens.refresh_token!)).toMatchObject({ error: 'invalid_grant' });
    const others = await redeem(await new ResourceOwner('bob').allow(authorizationUrl()));
    server.revoke('ann');
    expect(await refresh(others.refresh_token!)).toMatchObject({ status: 200 });
    server.revoke('bob');
    expect(await refresh(others.refresh_token!)).toMatchObject({ status: 400 });
  });

  it('registers clients', async () => {
    const body = JSON.stringify({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' });
    const response = await fetch(`${server.issuer}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(201);
    const { client_id } = (await response.json()) as { client_id: string };
    expect((await ann.allow(authorizationUrl({ client_id }))).searchParams.get('code')).not.toBeNull();
    expect(server.registeredClients).toBe(1);
  });

  it('takes clients that describe themselves at a URL', async () => {
    const client_id = 'https://gateway.test/oauth/client.json';
    const document = {
      client_id,
      client_name: 'Gateway',
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'none',
    };
    const host = createServer((_, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document)),
    );
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');
    server.rules.documentOrigins = {
      'https://gateway.test': `http://127.0.0.1:${(host.address() as AddressInfo).port}`,
    };
    expect((await ann.allow(authorizationUrl({ client_id }))).searchParams.get('code')).not.toBeNull();
    host.close();
    host.closeAllConnections();
  });

  it('does what it is told instead', async () => {
    server.changeMetadata({ issuer: 'https://other.test', code_challenge_methods_supported: undefined });
    expect(await metadata()).toMatchObject({ issuer: 'https://other.test', token_endpoint: `${server.issuer}/token` });
    expect(await metadata()).not.toHaveProperty('code_challenge_methods_supported');
    server.next('token:refresh_token', { json: { error: 'invalid_grant' }, status: 400 });
    expect(await refresh('any')).toEqual({ status: 400, error: 'invalid_grant' });
    server.next('token', 'bad gateway');
    expect((await post('/token', { grant_type: 'refresh_token' })).headers.get('content-type')).toBe('text/html');
    server.redirect('oidc-metadata', '/.well-known/openid-configuration?again');
    await expect(metadata('openid-configuration')).rejects.toThrow('fetch failed');
    server.behave();
    expect(await metadata()).toMatchObject({ issuer: server.issuer });
  });

  it('counts what arrives at each endpoint', async () => {
    await refresh('wrong');
    await metadata();
    expect(server.requestsTo('token')).toHaveLength(1);
    expect(server.requestsTo('token:refresh_token')).toMatchObject([
      { body: { refresh_token: 'wrong', resource: RESOURCE } },
    ]);
    expect(server.requestsTo('token:authorization_code')).toEqual([]);
    expect(server.requestsTo('metadata')).toHaveLength(1);
    server.clearRequests();
    expect(server.requests).toEqual([]);
  });
});
