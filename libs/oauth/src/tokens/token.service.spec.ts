import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyring } from '@manifold/secrets';
import { StoreUnavailableError } from '@manifold/store';
import { AuthorizationServer, ProtectedUpstream } from '../../../../test/simulators/oauth/index.js';
import { deferred } from '../../../../test/support/deferred.js';
import { Clock, connect, OAuthProcess, user } from '../../testing/src/index.js';
import { Connections } from '../connections.js';
import type { OAuthLimits } from '../protocol/oauth-limits.js';
import { TokenService } from './token.service.js';
import { SEALED_TOKENS, TokenVault } from './token-vault.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ann = user('ann');

let folder: string;
let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let processes: OAuthProcess[];
let gateway: OAuthProcess;
let clock: Clock;

async function startGateway(limits: Partial<OAuthLimits> = {}): Promise<OAuthProcess> {
  const options = { retryMs: 50, storeRetryMs: 20, ...limits };
  const process = await OAuthProcess.start({ dataDir: folder, limits: options, leaseMs: 4000 });
  processes.push(process);
  return process;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifold-tokens-'));
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  processes = [];
  gateway = await startGateway();
  clock = Clock.take();
  await connect(gateway, ann, server());
  authority.clearRequests();
});

afterEach(async () => {
  for (const process of processes) await process.stop();
  await upstream.stop();
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
  jest.restoreAllMocks();
});

const server = () => ({ name: 'files', url: upstream.url });
const refreshes = () => authority.requestsTo('token:refresh_token').length;

function token(options: { process?: OAuthProcess; rejected?: string; url?: string; signal?: AbortSignal } = {}) {
  const { process = gateway, url = upstream.url, signal = new AbortController().signal, rejected } = options;
  return process.get(TokenService).accessToken(ann, { url, signal, rejected });
}

/** Returns the status of the server's answer to a call with this token. */
async function call(accessToken: string): Promise<number> {
  const response = await fetch(upstream.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }),
  });
  await response.text();
  return response.status;
}

/** As a call of the gateway goes: with one retry after a 401. */
async function callWithRetry(process: OAuthProcess): Promise<number> {
  const first = await token({ process });
  const status = await call(first);
  return status === 401 ? call(await token({ process, rejected: first })) : status;
}

describe('a token that is valid', () => {
  it('costs no request, and no database read', async () => {
    await token();
    gateway.store.operations.length = 0;
    const tokens = await Promise.all(Array.from({ length: 100 }, () => token()));
    expect(new Set(tokens).size).toBe(1);
    expect(gateway.store.operations).toEqual([]);
    expect(authority.requests).toEqual([]);
  });

  it('is the user’s own, and nobody else’s', async () => {
    const of = (owner: ReturnType<typeof user>) =>
      gateway.get(TokenService).accessToken(owner, { url: upstream.url, signal: new AbortController().signal });
    for (const owner of [user('bob'), user('ann', 'other'), user('an'), user('ann.b')]) {
      await expect(of(owner)).rejects.toMatchObject({ code: 'reauth_required' });
    }
    await connect(gateway, user('bob'), server());
    expect(await of(user('bob'))).not.toBe(await token());
  });

  it.each(['https://evil.test/mcp', 'http://127.0.0.1:1/mcp', 'http://evil.test/mcp', 'no url'])(
    'is not given out for %s, to which the registration was changed',
    async (url) => {
      await expect(token({ url })).rejects.toMatchObject({ code: 'reauth_required' });
      await expect(token({ url: `${upstream.origin}/mcp-of-others` })).rejects.toMatchObject({
        code: 'reauth_required',
      });
    },
  );
});

describe('a token that is about to expire', () => {
  it('is refreshed five minutes before, so that clocks may differ by that much', async () => {
    const first = await token();
    upstream.clockAheadSeconds = 295;
    clock.advance(HOUR - 5.1 * MINUTE);
    expect(await token()).toBe(first);
    expect(await call(first)).toBe(200);
    clock.advance(0.2 * MINUTE);
    const second = await token();
    expect(second).not.toBe(first);
    expect(await call(second)).toBe(200);
    expect(refreshes()).toBe(1);
  });

  it('is used on while the authorization server is away, which is not asked each time', async () => {
    const first = await token();
    authority.always('token', { status: 503 });
    clock.advance(HOUR - MINUTE);
    for (let calls = 0; calls < 10; calls += 1) expect(await token()).toBe(first);
    expect(refreshes()).toBeLessThan(10);
    authority.behave();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await token()).not.toBe(first);
  });

  it('is used to its end where there is no refresh token', async () => {
    authority.rules.refreshTokens = 'never';
    await connect(gateway, ann, server());
    const first = await token();
    clock.advance(HOUR - MINUTE);
    gateway.store.operations.length = 0;
    expect(await token()).toBe(first);
    expect(gateway.store.operations).toEqual([]);
    clock.advance(MINUTE);
    await expect(token()).rejects.toMatchObject({ code: 'reauth_required' });
    expect(refreshes()).toBe(0);
  });
});

describe('a refresh', () => {
  it('happens once for 100 calls on two processes, with a refresh token that rotates', async () => {
    const other = await startGateway();
    await token({ process: other });
    clock.advance(HOUR);
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, index) => token({ process: index % 2 ? gateway : other })),
    );
    expect(refreshes()).toBe(1);
    expect(new Set(tokens).size).toBe(1);
    expect(await call(tokens[0]!)).toBe(200);
  });

  it('happens once when 100 calls on two processes are told that their token is no good', async () => {
    const other = await startGateway();
    const first = await token({ process: other });
    authority.expireAccessTokens();
    const both = Array.from({ length: 100 }, (_, index) => (index % 2 ? gateway : other));
    const tokens = await Promise.all(both.map((process) => token({ process, rejected: first })));
    expect(refreshes()).toBe(1);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).not.toBe(first);
  });

  it('goes on for an hour with tokens of one minute, without one failed call', async () => {
    authority.rules.accessTokenSeconds = 60;
    await connect(gateway, ann, server());
    authority.clearRequests();
    const other = await startGateway();
    const statuses = new Set<number>();
    for (let second = 0; second < 3600; second += 30) {
      statuses.add(await callWithRetry(second % 60 === 0 ? gateway : other));
      clock.advance(30_000);
    }
    expect([...statuses]).toEqual([200]);
    expect(upstream.count(401)).toBe(0);
    expect(refreshes()).toBeLessThanOrEqual(60);
  });

  it('is not ended by a caller who gives up', async () => {
    clock.advance(HOUR);
    const arrived = authority.nextRequest('token');
    authority.next('token', { slowMs: 100 });
    const aborting = new AbortController();
    const waiting = token();
    const impatient = token({ signal: aborting.signal });
    await arrived;
    aborting.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(await call(await waiting)).toBe(200);
    expect(refreshes()).toBe(1);
    await expect(token({ signal: aborting.signal })).rejects.toThrow('enough');
  });

  it('keeps a refresh token that the authorization server does not replace', async () => {
    authority.rules.rotateRefreshTokens = false;
    for (let round = 0; round < 3; round += 1) {
      clock.advance(HOUR);
      expect(await call(await token())).toBe(200);
    }
  });

  it('sees what another process has stored, without asking again', async () => {
    const other = await startGateway();
    const first = await token({ process: other });
    clock.advance(HOUR);
    const second = await token();
    expect(await token({ process: other })).toBe(second);
    expect(second).not.toBe(first);
    expect(refreshes()).toBe(1);
  });

  it('does not overwrite the tokens of a user who has connected again meanwhile', async () => {
    clock.advance(HOUR);
    const arrived = authority.nextRequest('token:refresh_token');
    const connectedAgain = deferred<void>();
    authority.next('token:refresh_token', { until: connectedAgain.promise });
    const refreshing = token();
    await arrived;
    const other = await startGateway();
    await connect(other, ann, server());
    const current = await token({ process: other });
    connectedAgain.resolve();
    expect(await refreshing).toBe(current);
    expect(await token()).toBe(current);
  });

  it('is not lost where a rotation of keys has sealed the old tokens anew meanwhile', async () => {
    clock.advance(HOUR);
    const arrived = authority.nextRequest('token:refresh_token');
    const sealedAnew = deferred<void>();
    authority.next('token:refresh_token', { until: sealedAnew.promise });
    const refreshing = token();
    await arrived;
    const other = await startGateway();
    const records = other.store.collection(SEALED_TOKENS.spec);
    for (const { id, revision, value } of await records.find({})) {
      await records.update(id, revision, await SEALED_TOKENS.resealed(value, other.get(Keyring)));
    }
    sealedAnew.resolve();
    const second = await refreshing;
    expect(await call(second)).toBe(200);
    expect(await token({ process: other })).toBe(second);
    clock.advance(HOUR);
    expect(await call(await token({ process: other }))).toBe(200);
    expect(refreshes()).toBe(2);
  });

  it('leaves nothing behind when the user was disconnected meanwhile', async () => {
    clock.advance(HOUR);
    const arrived = authority.nextRequest('token');
    authority.next('token', { slowMs: 100 });
    const refreshing = token();
    await arrived;
    await gateway.get(Connections).disconnect(ann);
    await expect(refreshing).rejects.toMatchObject({ code: 'reauth_required' });
    expect(await gateway.get(Connections).status(ann)).toMatchObject({ state: 'none' });
  });

  it('is finished before the process ends', async () => {
    clock.advance(HOUR);
    const arrived = authority.nextRequest('token');
    authority.next('token', { slowMs: 100 });
    const refreshing = token();
    await arrived;
    await processes.shift()!.stop();
    const next = await startGateway();
    expect(await token({ process: next })).toBe(await refreshing);
    expect(refreshes()).toBe(1);
  });
});

describe('a server that refuses a token', () => {
  it('gets another one', async () => {
    const first = await token();
    authority.expireAccessTokens();
    expect(await callWithRetry(gateway)).toBe(200);
    expect(await token()).not.toBe(first);
    expect(refreshes()).toBe(1);
  });

  it('makes the user connect again where the consent was taken back', async () => {
    const first = await token();
    authority.revoke('ann');
    await expect(callWithRetry(gateway)).rejects.toMatchObject({ name: 'OAuthFlowError', code: 'reauth_required' });
    expect(await gateway.get(Connections).status(ann)).toMatchObject({ state: 'expired', canRefresh: false });
    await expect(token({ rejected: first })).rejects.toMatchObject({ code: 'reauth_required' });
    expect(refreshes()).toBe(1);
    await connect(gateway, ann, server());
    expect(await callWithRetry(gateway)).toBe(200);
  });
});

describe('a refresh that fails', () => {
  it.each(['never', 'cut', 'not JSON', 'bad gateway', { status: 500 }, { status: 429 }, { json: {} }] as const)(
    'by %j is tried again later, with the same refresh token',
    async (behaviour) => {
      const process = await startGateway({ tokenMs: 3_000 });
      clock.advance(HOUR);
      authority.next('token', behaviour);
      await expect(token({ process })).rejects.toMatchObject({ code: 'unavailable' });
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await call(await token({ process }))).toBe(200);
    },
  );

  it.each([
    { json: { error: 'invalid_grant' }, status: 400 },
    { json: { error: 'bad_refresh_token' }, status: 200 },
    { json: { error: 'access_denied' }, status: 403 },
  ])('by %j makes the user connect again, and is not tried again', async (behaviour) => {
    clock.advance(HOUR);
    authority.always('token:refresh_token', behaviour);
    for (let calls = 0; calls < 3; calls += 1) {
      await expect(token()).rejects.toMatchObject({ code: 'reauth_required' });
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(refreshes()).toBe(1);
    await connect(gateway, ann, server());
    expect(await call(await token())).toBe(200);
  });

  it.each(['invalid_request', 'invalid_target', 'invalid_scope', 'unsupported_grant_type'])(
    'by %s keeps the grant, which is tried again later',
    async (error) => {
      clock.advance(HOUR);
      authority.always('token:refresh_token', { json: { error }, status: 400 });
      await expect(token()).rejects.toMatchObject({ code: 'unavailable' });
      authority.behave();
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await call(await token())).toBe(200);
    },
  );

  it('by faults of the request makes the user connect again after ten minutes, and the grant stays', async () => {
    const state = async () => (await gateway.get(Connections).status(ann)).state;
    const refuse = async (code: string) => {
      await expect(token()).rejects.toMatchObject({ code });
      await new Promise((resolve) => setTimeout(resolve, 60));
    };
    clock.advance(HOUR);
    authority.always('token:refresh_token', { json: { error: 'invalid_request' }, status: 400 });
    for (let calls = 0; calls < 4; calls += 1) await refuse('unavailable');
    clock.advance(9 * MINUTE);
    await refuse('unavailable');
    expect(await state()).toBe('connected');
    clock.advance(MINUTE);
    await refuse('reauth_required');
    await refuse('reauth_required');
    expect(await state()).toBe('expired');
    authority.behave();
    expect(await call(await token())).toBe(200);
    expect(await state()).toBe('connected');
  });

  it('by faults of the request ends nothing while the access token is good', async () => {
    clock.advance(HOUR - 5 * MINUTE);
    authority.always('token:refresh_token', { json: { error: 'invalid_request' }, status: 400 });
    for (let calls = 0; calls < 4; calls += 1) {
      expect(await call(await token())).toBe(200);
      clock.advance(MINUTE);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(await gateway.get(Connections).status(ann)).toMatchObject({ state: 'connected', canRefresh: true });
  });

  it('because of the resource is repeated without it, at once and from then on', async () => {
    clock.advance(HOUR);
    authority.next('token:refresh_token', { json: { error: 'invalid_target' }, status: 400 });
    expect(await call(await token())).toBe(200);
    clock.advance(HOUR);
    expect(await call(await token())).toBe(200);
    const resources = authority
      .requestsTo('token:refresh_token')
      .map(({ body }) => (body as Record<string, unknown>).resource);
    expect(resources).toEqual([upstream.url, undefined, undefined]);
  });

  it('leaves the rest of the old token’s life', async () => {
    const first = await token();
    clock.advance(HOUR - MINUTE);
    authority.always('token:refresh_token', { json: { error: 'invalid_grant' }, status: 400 });
    expect(await token()).toBe(first);
    expect(await token()).toBe(first);
    expect(refreshes()).toBe(1);
    clock.advance(MINUTE);
    await expect(token()).rejects.toMatchObject({ code: 'reauth_required' });
  });

  it('because the client is no longer known leads to another registration', async () => {
    authority.forgetClients();
    clock.advance(HOUR);
    await expect(token()).rejects.toMatchObject({ code: 'reauth_required' });
    await connect(gateway, ann, server());
    expect(authority.requestsTo('registration')).toHaveLength(1);
    expect(await call(await token())).toBe(200);
  });

  it('sends the refresh token nowhere else', async () => {
    const canary = await AuthorizationServer.start();
    authority.redirect('token', `${canary.issuer}/token`);
    clock.advance(HOUR);
    await expect(token()).rejects.toMatchObject({ code: 'metadata_refused' });
    expect(canary.requests).toEqual([]);
    await canary.stop();
  });

  it('shows no token and no secret in its errors', async () => {
    authority.next('token', { json: { error: 'invalid_grant "secret"', error_description: 'secret' }, status: 400 });
    clock.advance(HOUR);
    const error = await token().catch((reason: Error) => reason);
    for (let at: unknown = error; at instanceof Error; at = at.cause) expect(`${at.stack}`).not.toContain('secret');
  });
});

describe('a database that is away when the new tokens have come', () => {
  it('gets them later, also where the first attempt had happened after all', async () => {
    clock.advance(HOUR);
    let cuts = 2;
    gateway.store.beforeAnswer = (operation) => {
      const cut = operation === 'oauth_tokens.update' && (cuts -= 1) >= 0;
      return cut ? Promise.reject(new StoreUnavailableError('cut')) : Promise.resolve();
    };
    const second = await token();
    expect(await call(second)).toBe(200);
    const other = await startGateway();
    expect(await token({ process: other })).toBe(second);
    clock.advance(HOUR);
    expect(await call(await token({ process: other }))).toBe(200);
    expect(refreshes()).toBe(2);
  });
});

it('makes the user connect again where a process died between the answer and the store', async () => {
  const { refreshToken, client } = (await gateway.get(TokenVault).get(ann))!.tokens;
  const credentials = Buffer.from(`${client!.clientId}:${client!.clientSecret}`).toString('base64');
  const answer = await fetch(`${authority.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken! }),
  });
  expect(answer.status).toBe(200); // and nobody stores it
  clock.advance(HOUR);
  await expect(token()).rejects.toMatchObject({ code: 'reauth_required' });
});

describe('imported tokens', () => {
  it('are used as they are, and for their server only', async () => {
    await gateway.get(Connections).adopt(ann, upstream.url, { accessToken: 'imported', scopes: ['read'] });
    expect(await token()).toBe('imported');
    expect(await gateway.get(Connections).status(ann)).toMatchObject({ state: 'connected', scopes: ['read'] });
    await expect(token({ url: 'https://other.test/mcp' })).rejects.toMatchObject({ code: 'reauth_required' });
    await expect(token({ rejected: 'imported' })).rejects.toMatchObject({ code: 'reauth_required' });
  });

  it('are refreshed where the server says', async () => {
    const { accessToken, refreshToken, client } = (await gateway.get(TokenVault).get(ann))!.tokens;
    const imported = { accessToken: accessToken!, refreshToken, expiresIn: 3600, client };
    await gateway.get(Connections).adopt(ann, upstream.url, imported);
    expect(await token()).toBe(accessToken);
    for (let round = 1; round <= 2; round += 1) {
      clock.advance(HOUR);
      expect(await call(await token())).toBe(200);
      expect(refreshes()).toBe(round);
    }
    expect(authority.requestsTo('metadata')).toHaveLength(1);
  });
});

it('logs no token and no secret', async () => {
  const { accessToken, refreshToken, client } = (await gateway.get(TokenVault).get(ann))!.tokens;
  const secrets = [accessToken!, refreshToken!, client!.clientSecret!];
  authority.next('token', { status: 500, message: secrets.join(' ') });
  authority.next('token', { json: { error: secrets.join(' '), error_description: secrets.join(' ') }, status: 400 });
  clock.advance(HOUR);
  for (let calls = 0; calls < 2; calls += 1) {
    await expect(token()).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  const logged = gateway.logged.join('');
  expect(logged).toContain('tokens could not be refreshed');
  expect(logged).toContain('token refresh refused');
  for (const secret of secrets) expect(logged).not.toContain(secret);
});
