import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AuthorizationServer,
  KNOWN_CLIENT,
  ProtectedUpstream,
  ResourceOwner,
} from '../../../../test/simulators/oauth/index.js';
import {
  callbackOf,
  Clock,
  connect,
  cookieOf,
  OAuthProcess,
  user,
  type OAuthProcessOptions,
} from '../../testing/src/index.js';
import { bearerChallenge } from '../protocol/bearer-challenge.js';
import { ConnectFlow, type Callback, type StartOptions } from './connect-flow.js';
import { Connections } from '../connections.js';
import { GatewayClient } from '../clients/gateway-client.js';
import type { PreRegisteredClient } from '../protocol/protected-server.js';
import { TokenService } from '../tokens/token.service.js';

const CALLBACK = 'http://127.0.0.1:3001/oauth/callback';
const ann = user('ann');

let folder: string;
let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let processes: OAuthProcess[];
let gateway: OAuthProcess;
let flow: ConnectFlow;

async function startGateway(options: Partial<OAuthProcessOptions> = {}): Promise<OAuthProcess> {
  const process = await OAuthProcess.start({ dataDir: folder, ...options });
  processes.push(process);
  return process;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-connect-'));
  authority = await AuthorizationServer.start({ redirectUris: [CALLBACK] });
  upstream = await ProtectedUpstream.start(authority);
  processes = [];
  gateway = await startGateway();
  flow = gateway.get(ConnectFlow);
});

afterEach(async () => {
  jest.restoreAllMocks();
  for (const process of processes) await process.stop();
  await upstream.stop();
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

const server = (client?: PreRegisteredClient) => ({ name: 'files', url: upstream.url, client });
const status = (owner = ann) => gateway.get(Connections).status(owner);
const token = (owner = ann) =>
  gateway.get(TokenService).accessToken(owner, { url: upstream.url, signal: AbortSignal.timeout(5000) });

/** Goes as far as the consent: what the browser brings back, and its cookie. */
async function consent(owner = ann, options: StartOptions = {}): Promise<{ callback: Callback; cookies: string }> {
  const { authorizationUrl, setCookie } = await flow.start(owner, server(), options);
  const back = await new ResourceOwner(owner.principal.subject).allow(authorizationUrl);
  return { callback: callbackOf(back), cookies: cookieOf(setCookie) };
}

const scopesAsked = ({ authorizationUrl }: { authorizationUrl: string }) =>
  new URL(authorizationUrl).searchParams.get('scope')?.split(' ');

async function whoami(
  accessToken: string,
  tool = 'whoami',
): Promise<{ status: number; text: string; header: string | null }> {
  const response = await fetch(upstream.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } }),
  });
  return { status: response.status, text: await response.text(), header: response.headers.get('www-authenticate') };
}

describe('a user who connects', () => {
  it('gets a token that the server takes for theirs, with nothing configured but the URL', async () => {
    await connect(gateway, ann, server());
    await connect(gateway, user('bob'), server());
    expect(await status()).toMatchObject({ state: 'connected', scopes: ['files:read'], canRefresh: true });
    expect((await whoami(await token())).text).toContain('whoami of ann');
    expect((await whoami(await token(user('bob')))).text).toContain('whoami of bob');
  });

  it('is sent away with PKCE, a state, the resource, and a cookie that only this host can read', async () => {
    const { authorizationUrl, setCookie } = await flow.start(ann, server());
    const sent = new URL(authorizationUrl).searchParams;
    expect(sent.get('code_challenge_method')).toBe('S256');
    expect(sent.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(sent.get('state')).toMatch(/^[\w-]{43}$/);
    expect(sent.get('resource')).toBe(upstream.url);
    expect(sent.get('redirect_uri')).toBe(CALLBACK);
    expect(setCookie).toMatch(/^manifold-oauth=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/);
    const secure = (await startGateway({ publicUrl: 'https://gateway.test' })).get(ConnectFlow);
    expect((await secure.start(ann, server({ issuer: authority.issuer, clientId: 'x' }))).setCookie).toMatch(
      /^__Host-manifold-oauth=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('redeems the code for the resource, with the verifier', async () => {
    await connect(gateway, ann, server());
    expect(authority.requestsTo('token:authorization_code')).toMatchObject([
      {
        body: {
          resource: upstream.url,
          code_verifier: expect.stringMatching(/^[\w.~-]{43,128}$/),
          redirect_uri: CALLBACK,
        },
      },
    ]);
  });

  it('reaches the authorization server by requests that do not name the library', async () => {
    await connect(gateway, ann, server());
    const agents = authority.requests.map(({ headers }) => headers['user-agent'] ?? '');
    expect(agents.filter((agent) => agent.includes('oauth4webapi'))).toEqual([]);
  });

  it('can come back to another process, and in two tabs of one browser', async () => {
    const { authorizationUrl, setCookie } = await flow.start(ann, server());
    const second = await flow.start(user('ann', 'mail'), server(), { cookies: `other=1; ${cookieOf(setCookie)}` });
    expect(cookieOf(second.setCookie)).toBe(cookieOf(setCookie));
    const other = (await startGateway()).get(ConnectFlow);
    for (const url of [authorizationUrl, second.authorizationUrl]) {
      const back = await new ResourceOwner('ann').allow(url);
      await other.finish(callbackOf(back), `a=b; ${cookieOf(setCookie)}; c=d`);
    }
    expect(await status()).toMatchObject({ state: 'connected' });
    expect(await status(user('ann', 'mail'))).toMatchObject({ state: 'connected' });
  });
});

describe('the scopes', () => {
  it('are those of the challenge, else those of the metadata', async () => {
    const challenge = bearerChallenge('Bearer scope="files:delete"');
    expect(scopesAsked(await flow.start(ann, server(), { challenge }))).toEqual(['files:delete', 'offline_access']);
    expect(scopesAsked(await flow.start(ann, server()))).toEqual(['files:read', 'offline_access']);
    authority.changeMetadata({ scopes_supported: undefined });
    upstream.metadataChange = { scopes_supported: undefined };
    expect(scopesAsked(await flow.start(ann, server()))).toBeUndefined();
  });

  it('grow with a step-up, and nothing that was granted is lost', async () => {
    await connect(gateway, ann, server());
    const refusal = await whoami(await token(), 'write_file');
    expect(refusal.status).toBe(403);
    await connect(gateway, ann, server(), { challenge: bearerChallenge(refusal.header) });
    expect((await status()).scopes).toEqual(expect.arrayContaining(['files:read', 'files:write']));
    expect((await whoami(await token(), 'write_file')).text).toContain('write_file of ann');
    expect((await whoami(await token())).text).toContain('whoami of ann');
  });

  it('are those that the user has granted, not those that were asked for', async () => {
    const challenge = bearerChallenge('Bearer scope="files:read files:write"');
    const { authorizationUrl, setCookie } = await flow.start(ann, server(), { challenge });
    const back = await new ResourceOwner('ann').allow(authorizationUrl, { without: ['files:write'] });
    const connected = await flow.finish(callbackOf(back), cookieOf(setCookie));
    expect(connected.scopes).not.toContain('files:write');
    expect(connected.owner.principal).toMatchObject({ tenant: 'default', issuer: 'https://one.test', subject: 'ann' });
  });

  it('that belong to one authorization server are not asked of another', async () => {
    await connect(gateway, ann, server(), { challenge: bearerChallenge('Bearer scope="files:delete"') });
    const other = await AuthorizationServer.start();
    upstream.metadataChange = { authorization_servers: [other.issuer] };
    expect(scopesAsked(await flow.start(ann, server()))).toEqual(['files:read', 'offline_access']);
    await other.stop();
  });
});

describe('the gateway is known to the authorization server', () => {
  it('as the client that an operator has registered', async () => {
    const client = { issuer: authority.issuer, clientId: KNOWN_CLIENT.id, clientSecret: KNOWN_CLIENT.secret };
    await connect(gateway, ann, server(client));
    expect(authority.requestsTo('registration')).toEqual([]);
    const basic = Buffer.from(`${KNOWN_CLIENT.id}:${KNOWN_CLIENT.secret}`).toString('base64');
    expect(authority.requestsTo('token')).toMatchObject([{ headers: { authorization: `Basic ${basic}` } }]);
  });

  it('by the URL of its metadata document', async () => {
    const secure = await startGateway({ publicUrl: 'https://gateway.test' });
    const document = secure.get(GatewayClient).document;
    const host = createServer((_, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document)),
    );
    host.listen(0, '127.0.0.1');
    await once(host, 'listening');
    const origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    authority.rules.documentOrigins = { 'https://gateway.test': origin };
    await connect(secure, ann, server());
    expect(authority.requestsTo('registration')).toEqual([]);
    expect(authority.requestsTo('token')).toMatchObject([
      { body: { client_id: 'https://gateway.test/oauth/client.json' } },
    ]);
    host.close();
    host.closeAllConnections();
  });

  it('as a client that it registers once for all users, over a restart too', async () => {
    await Promise.all([consent(), consent(user('bob'))]);
    await (await startGateway()).get(ConnectFlow).start(user('carl'), server());
    expect(authority.requestsTo('registration')).toMatchObject([
      {
        body: {
          redirect_uris: [CALLBACK],
          grant_types: ['authorization_code', 'refresh_token'],
          token_endpoint_auth_method: 'client_secret_basic',
          application_type: 'native',
        },
      },
    ]);
  });

  it('as one client, when two processes register at the same time', async () => {
    const other = await startGateway();
    const started = await Promise.all([flow.start(ann, server()), other.get(ConnectFlow).start(user('bob'), server())]);
    const third = await flow.start(user('carl'), server());
    const ids = [...started, third].map(({ authorizationUrl }) =>
      new URL(authorizationUrl).searchParams.get('client_id'),
    );
    expect(new Set(ids).size).toBe(1);
  });

  it('again, when the gateway has moved or the secret has expired', async () => {
    await flow.start(ann, server());
    await (await startGateway({ publicUrl: 'http://127.0.0.1:3002' })).get(ConnectFlow).start(ann, server());
    expect(authority.requestsTo('registration')).toHaveLength(2);
    authority.next('registration', {
      json: { client_id: 'short', client_secret: 's', client_secret_expires_at: 1, redirect_uris: [CALLBACK] },
    });
    await flow.start(ann, server());
    await flow.start(ann, server());
    expect(authority.requestsTo('registration')).toHaveLength(4);
  });

  it('again, after the authorization server has forgotten it', async () => {
    const { callback, cookies } = await consent();
    authority.forgetClients();
    await expect(flow.finish(callback, cookies)).rejects.toMatchObject({ code: 'exchange_refused' });
    await connect(gateway, ann, server());
    expect(await status()).toMatchObject({ state: 'connected' });
  });

  it('again, after users did not come back from the authorization server', async () => {
    const clientOf = async (owner = ann) =>
      new URL((await flow.start(owner, server())).authorizationUrl).searchParams.get('client_id');
    await connect(gateway, ann, server());
    const first = await clientOf(user('bob'));
    expect(await clientOf(user('carl'))).toBe(first);
    expect(await clientOf(user('bob'))).toBe(first);
    const second = await clientOf(user('bob'));
    expect(second).not.toBe(first);
    expect(await clientOf(user('carl'))).toBe(second);
    await connect(gateway, user('dora'), server());
    expect(await clientOf(user('bob'))).toBe(second);
    expect(authority.requestsTo('registration')).toHaveLength(2);
    expect(await status()).toMatchObject({ state: 'connected' });
  });

  it('again, after different users had ten minutes to come back', async () => {
    await connect(gateway, ann, server());
    await flow.start(user('bob'), server());
    await flow.start(user('carl'), server());
    const clock = Clock.take();
    await flow.start(user('dora'), server());
    expect(authority.requestsTo('registration')).toHaveLength(1);
    clock.advance(601_000);
    await flow.start(user('emil'), server());
    expect(authority.requestsTo('registration')).toHaveLength(2);
  });

  it('again at the second try, where nobody is connected; and ever more rarely, if that does not help', async () => {
    await flow.start(ann, server());
    await flow.start(ann, server());
    expect(authority.requestsTo('registration')).toHaveLength(2);
    for (let tries = 0; tries < 20; tries += 1) await flow.start(ann, server());
    expect(authority.requestsTo('registration')).toHaveLength(5);
  });

  it('again, after the authorization server has sent a user back because of it', async () => {
    const { authorizationUrl, setCookie } = await flow.start(ann, server());
    const params = new URL(authorizationUrl).searchParams;
    const callback = { state: params.get('state')!, iss: authority.issuer, error: 'unauthorized_client' };
    await expect(flow.finish(callback, cookieOf(setCookie))).rejects.toMatchObject({ code: 'authorization_denied' });
    const next = new URL((await flow.start(ann, server())).authorizationUrl);
    expect(next.searchParams.get('client_id')).not.toBe(params.get('client_id'));
  });

  it('no more than once, when the clients of earlier connections have died as well', async () => {
    await connect(gateway, ann, server());
    authority.forgetClients();
    await gateway.get(Connections).forgetRegistration('default', 'files');
    await connect(gateway, user('bob'), server());
    const clock = Clock.take();
    clock.advance(3_600_000);
    await expect(token()).rejects.toMatchObject({ code: 'reauth_required' });
    await flow.start(ann, server());
    expect(authority.requestsTo('registration')).toHaveLength(2);
  });

  it.each([
    { client_secret: null, token_endpoint_auth_method: null, redirect_uris: null, client_secret_expires_at: null },
    {},
  ])('from a registration that leaves out what it may: %j', async (optional) => {
    authority.always('registration', { json: { client_id: 'ours', ...optional } });
    for (const owner of [ann, user('bob')]) {
      const { authorizationUrl } = await flow.start(owner, server());
      expect(new URL(authorizationUrl).searchParams.get('client_id')).toBe('ours');
    }
    expect(authority.requestsTo('registration')).toHaveLength(1);
  });

  it.each([{ registration_endpoint: undefined }, {}])('or the user is told why not: %j', async (change) => {
    authority.changeMetadata(change);
    authority.always('registration', { json: { error: 'invalid_client_metadata' }, status: 400 });
    await expect(flow.start(ann, server())).rejects.toMatchObject({ code: 'registration_failed' });
  });

  it('or the user is told the error code, and the operator what the authorization server says', async () => {
    const json = { error: 'invalid_redirect_uri', error_description: `No\n loopback ${'!'.repeat(400)}` };
    authority.next('registration', { json, status: 400 });
    await expect(flow.start(ann, server())).rejects.toMatchObject({
      message: expect.stringContaining('HTTP 400 (invalid_redirect_uri) without a client id'),
      cause: { message: expect.stringMatching(/^It says: No loopback !{288}$/) },
    });
    authority.next('registration', { json: { error: '<b>x</b>' }, status: 400 });
    await expect(flow.start(ann, server())).rejects.toMatchObject({
      message: expect.stringContaining('HTTP 400 without a client id'),
      cause: undefined,
    });
  });

  it('not at all by a registration that redirects', async () => {
    authority.redirect('registration', '/reg?again');
    await expect(flow.start(ann, server())).rejects.toMatchObject({ code: 'metadata_refused' });
  });
});

describe('where the metadata names private addresses', () => {
  it.each(['https://10.0.0.1/reg', 'https://169.254.169.254/reg', 'https://[::ffff:a9fe:a9fe]/reg'])(
    'the gateway does not register at %s',
    async (endpoint) => {
      authority.changeMetadata({ registration_endpoint: endpoint });
      await expect(flow.start(ann, server())).rejects.toMatchObject({ code: 'metadata_refused' });
    },
  );

  it.each(['https://10.0.0.1/token', 'https://169.254.169.254/token', 'https://2852039166/token'])(
    'the code does not go to %s, and nothing is stored',
    async (endpoint) => {
      authority.changeMetadata({ token_endpoint: endpoint });
      const { callback, cookies } = await consent();
      await expect(flow.finish(callback, cookies)).rejects.toMatchObject({ code: 'metadata_refused' });
      expect(authority.requestsTo('token')).toEqual([]);
      expect(await status()).toMatchObject({ state: 'none' });
    },
  );
});

describe('a callback is refused', () => {
  let good: { callback: Callback; cookies: string };

  beforeEach(async () => {
    good = await consent();
    authority.clearRequests();
  });

  afterEach(async () => {
    expect(await status()).toMatchObject({ state: 'none' });
  });

  const refused = async (callback: Callback, cookies: string | undefined, code: string): Promise<void> => {
    await expect(flow.finish(callback, cookies)).rejects.toMatchObject({ name: 'OAuthFlowError', code });
    expect(authority.requestsTo('token')).toEqual([]);
  };

  it.each([undefined, '', 'short', 'x'.repeat(43), 'x'.repeat(10_000), "' or 1=1 --"])('with the state %j', (state) =>
    refused({ ...good.callback, state }, good.cookies, 'state_invalid'),
  );

  it('without the cookie, with another one, and with two of them; then the state is spent', async () => {
    for (const cookies of [undefined, `manifold-oauth=${'x'.repeat(43)}`, `${good.cookies}; ${good.cookies}`]) {
      const { callback, cookies: own } = await consent();
      authority.clearRequests();
      await refused(callback, cookies, 'state_invalid');
      await refused(callback, own, 'state_invalid');
    }
  });

  it('in the browser of another user', async () => {
    const bob = await consent(user('bob'));
    authority.clearRequests();
    await refused(good.callback, bob.cookies, 'state_invalid');
    expect(await status(user('bob'))).toMatchObject({ state: 'none' });
  });

  it('when it took more than ten minutes', async () => {
    Clock.take().advance(601_000);
    await refused(good.callback, good.cookies, 'state_invalid');
  });

  it('from another authorization server, and from none where one has promised to name itself', async () => {
    await refused({ ...good.callback, iss: 'https://evil.test' }, good.cookies, 'issuer_mismatch');
    const { callback, cookies } = await consent();
    authority.clearRequests();
    await refused({ ...callback, iss: undefined }, cookies, 'issuer_mismatch');
  });

  it('when the user said no', async () => {
    const { authorizationUrl, setCookie } = await flow.start(ann, server());
    const back = await new ResourceOwner('ann').deny(authorizationUrl);
    await refused(callbackOf(back), cookieOf(setCookie), 'authorization_denied');
  });

  it('with the code of another user: it was made for another verifier', async () => {
    const mallory = await consent(user('mallory'));
    await expect(flow.finish({ ...good.callback, code: mallory.callback.code }, good.cookies)).rejects.toMatchObject({
      code: 'exchange_refused',
    });
  });

  it.each<[Parameters<AuthorizationServer['next']>[1], string]>([
    ['never', 'unavailable'],
    ['cut', 'unavailable'],
    ['not JSON', 'unavailable'],
    ['bad gateway', 'unavailable'],
    [{ status: 500 }, 'unavailable'],
    [{ json: {} }, 'unavailable'],
    [{ json: { access_token: 'a b', token_type: 'Bearer' } }, 'unavailable'],
    [{ json: { access_token: 'a\r\nX-Admin: 1', token_type: 'Bearer' } }, 'unavailable'],
    [{ json: { access_token: 'good', token_type: 'MAC' } }, 'unavailable'],
    [{ hugeBytes: 2_000_000 }, 'metadata_refused'],
    [{ json: { error: 'invalid_grant' }, status: 400 }, 'exchange_refused'],
    [{ json: { error: 'bad_verification_code' } }, 'exchange_refused'],
  ])('when the token endpoint answers %j', async (behaviour, code) => {
    const impatient = await startGateway({ limits: { tokenMs: 3_000 } });
    authority.next('token', behaviour);
    await expect(impatient.get(ConnectFlow).finish(good.callback, good.cookies)).rejects.toMatchObject({ code });
  });

  it('when the token endpoint redirects: the code goes nowhere else', async () => {
    const canary = await AuthorizationServer.start();
    for (const location of [`${canary.issuer}/token`, `${authority.issuer}/elsewhere`]) {
      const { callback, cookies } = await consent();
      authority.redirect('token', location);
      await expect(flow.finish(callback, cookies)).rejects.toMatchObject({ code: 'metadata_refused' });
      expect(authority.requestsTo('other')).toEqual([]);
    }
    expect(canary.requests).toEqual([]);
    await canary.stop();
  });

  it('with the error code, and with the description for the operator alone', async () => {
    const { code } = good.callback;
    const json = { error: 'invalid_grant', error_description: `The code ${code} is too old` };
    authority.next('token', { json, status: 400 });
    await expect(flow.finish(good.callback, good.cookies)).rejects.toMatchObject({
      message: 'The authorization server refused its own authorization code: invalid_grant',
      cause: { cause: { message: 'It says: The code [secret] is too old' } },
    });
    const { callback, cookies } = await consent();
    const denial = {
      state: callback.state,
      iss: callback.iss,
      error: 'invalid_scope',
      error_description: 'No\u202e x',
    };
    await expect(flow.finish(denial, cookies)).rejects.toMatchObject({
      code: 'authorization_denied',
      message: 'The sign-in service did not grant access: invalid_scope',
      cause: { message: 'It says: No x' },
    });
  });

  it('when the server was removed meanwhile', async () => {
    await gateway.get(Connections).removeServer('default', 'files');
    await refused(good.callback, good.cookies, 'state_invalid');
  });
});

it('lets one of many answers with the same state win', async () => {
  const { callback, cookies } = await consent();
  const other = (await startGateway()).get(ConnectFlow);
  authority.clearRequests();
  const attempts = Array.from({ length: 20 }, (_, index) => (index % 2 ? flow : other).finish(callback, cookies));
  const results = await Promise.allSettled(attempts);
  expect(results.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(1);
  expect(authority.requestsTo('token')).toHaveLength(1);
  expect(await status()).toMatchObject({ state: 'connected' });
});

it('does not mix users who connect at the same time', async () => {
  const users = Array.from({ length: 10 }, (_, index) => user(`user-${index}`));
  await Promise.all(users.map((owner) => connect(gateway, owner, server())));
  const answers = await Promise.all(users.map(async (owner) => (await whoami(await token(owner))).text));
  for (const [index, answer] of answers.entries()) expect(answer).toContain(`whoami of user-${index}"`);
});
