import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizationServer, KNOWN_CLIENT, ProtectedUpstream } from '../../../../test/simulators/oauth/index.js';
import { connect, cookieOf, OAuthProcess, user } from '../../testing/src/index.js';
import { ManualClients } from '../clients/manual-clients.js';
import { bearerChallenge } from '../protocol/bearer-challenge.js';
import { VENDOR_PRESETS, type VendorSettings } from '../protocol/vendor-settings.js';
import { TokenService } from '../tokens/token.service.js';
import { TokenVault } from '../tokens/token-vault.js';
import { ConnectFlow, type StartOptions } from './connect-flow.js';

const CALLBACK = 'http://127.0.0.1:3001/oauth/callback';
const ann = user('ann');

let folder: string;
let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let gateway: OAuthProcess;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-vendors-'));
  authority = await AuthorizationServer.start({ redirectUris: [CALLBACK] });
  upstream = await ProtectedUpstream.start(authority);
  gateway = await OAuthProcess.start({ dataDir: folder });
});

afterEach(async () => {
  await gateway.stop();
  await upstream.stop();
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

const server = () => ({ name: 'files', url: upstream.url });
const set = (settings: VendorSettings) => gateway.get(ManualClients).putSettings('default', 'files', settings);
const client = (settings?: VendorSettings) =>
  gateway
    .get(ManualClients)
    .put(
      'default',
      'files',
      { issuer: authority.issuer, clientId: KNOWN_CLIENT.id, clientSecret: KNOWN_CLIENT.secret },
      settings,
    );
const endpoints = () => ({
  authorizationEndpoint: `${authority.issuer}/auth`,
  tokenEndpoint: `${authority.issuer}/token`,
});
const start = (options?: StartOptions) => gateway.get(ConnectFlow).start(ann, server(), options);
const parameters = async (options?: StartOptions) => new URL((await start(options)).authorizationUrl).searchParams;

describe('PKCE that the metadata do not mention', () => {
  beforeEach(() => authority.changeMetadata({ code_challenge_methods_supported: undefined }));

  it('is used with a client that has a secret, unless it is required', async () => {
    await client();
    expect((await parameters()).get('code_challenge_method')).toBe('S256');
    await connect(gateway, ann, server());
    expect(authority.requestsTo('token')).toMatchObject([{ body: { code_verifier: expect.any(String) } }]);
    await set({ pkce: 'required' });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
  });

  it('is used with any other client only where an operator assumes it', async () => {
    await expect(start()).rejects.toMatchObject({ message: expect.stringContaining('pkce to assumed') });
    await gateway.get(ManualClients).put('default', 'files', { issuer: authority.issuer, clientId: 'public' });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
    await set({ pkce: 'assumed' });
    expect((await parameters()).get('code_challenge_method')).toBe('S256');
  });

  it('is not assumed where the metadata name other methods', async () => {
    authority.changeMetadata({ code_challenge_methods_supported: ['plain'] });
    await client();
    await set({ pkce: 'assumed' });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
  });
});

describe('the parameter resource', () => {
  it('is left out of all requests, and the tokens still belong to the server alone', async () => {
    await set({ resource: null });
    expect((await parameters()).has('resource')).toBe(false);
    authority.next('token', { json: { access_token: 'opaque' } });
    await connect(gateway, ann, server()).catch(() => undefined);
    const [sent] = authority.requestsTo('token:authorization_code');
    expect(sent?.body).not.toHaveProperty('resource');
    expect((await gateway.get(TokenVault).get(ann))?.tokens).toMatchObject({ resource: upstream.url, indicator: null });
  });

  it('is another one', async () => {
    await set({ resource: 'api://files' });
    expect((await parameters()).get('resource')).toBe('api://files');
  });
});

it('scopes that an operator sets are asked for instead of all others, but not instead of a further one', async () => {
  await set({ scopes: ['files:write'] });
  expect((await parameters()).get('scope')).toBe('files:write');
  expect((await parameters({ challenge: bearerChallenge('Bearer scope="x"') })).get('scope')).toBe('files:write');
  const challenge = bearerChallenge('Bearer error="insufficient_scope", scope="files:delete"');
  expect((await parameters({ challenge })).get('scope')).toBe('files:write files:delete');
});

it.each(['atlassian', 'entra'] as const)('the preset %s asks for a refresh token beside all scopes', async (preset) => {
  upstream.metadata = 'missing';
  await client({ preset, issuer: authority.issuer, ...endpoints() });
  expect((await parameters()).get('scope')).toBe('offline_access');
  await set({ preset, issuer: authority.issuer, ...endpoints(), scopes: ['read:me', 'write:me'] });
  expect((await parameters()).get('scope')).toBe('read:me write:me offline_access');
});

it('parameters that an operator sets are added, and none that the gateway sets itself', async () => {
  const forbidden = { state: 's', redirect_uri: 'https://evil.test', code_challenge: 'c', client_id: 'i', scope: 's' };
  await set({ authorizationParameters: { access_type: 'offline', audience: 'a b', ...forbidden } });
  const sent = await parameters();
  expect(sent.get('access_type')).toBe('offline');
  expect(sent.get('audience')).toBe('a b');
  for (const [name, value] of Object.entries(forbidden)) {
    expect([name, sent.getAll(name)]).not.toEqual([name, [value]]);
    expect(sent.getAll(name).length).toBeLessThanOrEqual(1);
  }
});

describe('endpoints by hand', () => {
  const byHand = (): VendorSettings => ({
    issuer: authority.issuer,
    ...endpoints(),
    registrationEndpoint: `${authority.issuer}/reg`,
  });

  it('need no metadata, neither of the server nor of its authorization server', async () => {
    upstream.metadata = 'missing';
    authority.always('metadata', { status: 404 });
    await set({ ...byHand(), scopes: ['files:read'] });
    await connect(gateway, ann, server());
    expect((await gateway.get(TokenVault).get(ann))?.tokens).toMatchObject({ issuer: { issuer: authority.issuer } });
    expect(authority.requestsTo('metadata')).toEqual([]);
  });

  describe('and how the client authenticates there', () => {
    const TOKENS = { access_token: 'opaque', refresh_token: 'next', expires_in: 3600 };
    const REFUSAL = { status: 401, json: { error: 'invalid_client' } };
    const sent = () =>
      authority.requestsTo('token').map(({ headers, body }) => ({
        basic: headers.authorization !== undefined,
        post: (body as Record<string, string>).client_secret,
      }));
    const [basic, post] = [
      { basic: true, post: undefined },
      { basic: false, post: KNOWN_CLIENT.secret },
    ];

    it.each<[VendorSettings['tokenEndpointAuthMethod'], object]>([
      [undefined, basic],
      ['client_secret_basic', basic],
      ['client_secret_post', post],
      ['none', { basic: false, post: undefined }],
    ])('is as an operator sets it: %s', async (tokenEndpointAuthMethod, expected) => {
      await client({ ...byHand(), ...(tokenEndpointAuthMethod && { tokenEndpointAuthMethod }) });
      authority.next('token', { json: TOKENS });
      await connect(gateway, ann, server());
      expect(sent()).toEqual([expected]);
    });

    it('is as an operator sets it, also against the metadata', async () => {
      await client({ tokenEndpointAuthMethod: 'client_secret_post' });
      authority.changeMetadata({ token_endpoint_auth_methods_supported: ['client_secret_basic'] });
      authority.next('token', { json: TOKENS });
      await connect(gateway, ann, server());
      expect(sent()).toEqual([post]);
    });

    it('is found out where nobody knows it, and remembered for the connection', async () => {
      await client(byHand());
      authority.next('token', REFUSAL);
      authority.next('token', { json: TOKENS });
      await connect(gateway, ann, server());
      expect(sent()).toEqual([basic, post]);
      expect((await gateway.get(TokenVault).get(ann))?.tokens.client).toMatchObject({
        authMethod: 'client_secret_post',
      });
      authority.clearRequests();
      authority.next('token', { json: { ...TOKENS, access_token: 'newer' } });
      const options = { url: upstream.url, signal: new AbortController().signal, rejected: 'opaque' };
      expect(await gateway.get(TokenService).accessToken(ann, options)).toBe('newer');
      expect(sent()).toEqual([post]);
    });

    it('is not found out where the metadata or an operator say it', async () => {
      for (const settings of [{}, { ...byHand(), tokenEndpointAuthMethod: 'client_secret_basic' as const }]) {
        await gateway.get(ManualClients).removeSettings('default', 'files');
        await client(settings);
        authority.clearRequests();
        authority.next('token', REFUSAL);
        await expect(connect(gateway, ann, server())).rejects.toMatchObject({ code: 'exchange_refused' });
        expect(sent()).toEqual([basic]);
      }
    });
  });

  it('take the place of those in the metadata one by one', async () => {
    authority.changeMetadata({ authorization_endpoint: 'https://wrong.test/auth' });
    await set({ authorizationEndpoint: `${authority.issuer}/auth` });
    expect((await start()).authorizationUrl).toContain(`${authority.issuer}/auth`);
  });

  it.each<[string, VendorSettings]>([
    ['a private address', { registrationEndpoint: 'https://10.0.0.1/reg' }],
    ['an address where clouds keep credentials', { registrationEndpoint: 'https://169.254.169.254/reg' }],
    ['plain http', { tokenEndpoint: 'http://as.test/token' }],
    ['a script', { authorizationEndpoint: 'javascript:alert(1)' }],
  ])('are checked like those of the metadata: %s', async (_, change) => {
    await set({ ...byHand(), ...change });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
  });
});

describe('an issuer', () => {
  it('that an operator sets is asked instead of those that the server names', async () => {
    const other = await AuthorizationServer.start();
    upstream.metadataChange = { authorization_servers: [other.issuer] };
    await set({ issuer: authority.issuer });
    expect((await start()).authorizationUrl).toContain(authority.issuer);
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  it('may name itself otherwise, where an operator has set it and its alias', async () => {
    const issuerAlias = 'https://alias.test';
    authority.changeMetadata({ issuer: issuerAlias });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
    await set({ issuerAlias });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
    await set({ issuer: authority.issuer, issuerAlias: 'https://another.test' });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
    await set({ issuer: authority.issuer, issuerAlias });
    await connect(gateway, ann, server());
    const { authorizationUrl, setCookie } = await start();
    const state = new URL(authorizationUrl).searchParams.get('state')!;
    const mixedUp = gateway
      .get(ConnectFlow)
      .finish({ state, code: 'c', iss: 'https://evil.test' }, cookieOf(setCookie));
    await expect(mixedUp).rejects.toMatchObject({ code: 'issuer_mismatch' });
  });

  it('gets no client that belongs to another one', async () => {
    await client();
    await expect(set({ issuer: 'https://evil.test' })).rejects.toMatchObject({ status: 409 });
    await client({ issuer: 'https://evil.test' });
    await expect(start()).rejects.toMatchObject({ code: 'metadata_refused' });
  });
});

it('settings go with the server, and stay when only the client is removed', async () => {
  const manual = gateway.get(ManualClients);
  await client({ preset: 'google', scopes: ['mail'] });
  expect(await manual.remove('default', 'files')).toBe(true);
  expect(await manual.entry('default', 'files')).toEqual({
    client: undefined,
    vendor: expect.objectContaining({
      issuer: 'https://accounts.google.com',
      resource: null,
      scopes: ['mail'],
      authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    }),
  });
  expect(await manual.entry('other', 'files')).toEqual({});
  await manual.removeServer('default', 'files');
  expect(await manual.settings('default', 'files')).toBeUndefined();
});

it.each(Object.entries<VendorSettings>(VENDOR_PRESETS))('the preset %s has https URLs only', (_, preset) => {
  const { issuer, authorizationEndpoint, tokenEndpoint } = preset;
  for (const url of [issuer, authorizationEndpoint, tokenEndpoint])
    expect(url ?? 'https://none').toMatch(/^https:\/\//);
});
