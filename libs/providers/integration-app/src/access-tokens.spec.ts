import { createSecretKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, jwtVerify } from 'jose';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { loadConfig } from '@manifold/config';
import { Workspace } from '../../../../test/simulators/integration-app/index.js';
import { ProviderApp } from '../testing/src/provider-app.js';
import { AccessTokens } from './access-tokens.service.js';

const alice = fixturePrincipal('alice');

describe('access tokens that the gateway makes', () => {
  const workspace = Workspace.withSecret();
  const tokens = (settings: Record<string, string> = {}) =>
    new AccessTokens(loadConfig({ ...workspace.settings, ...settings }).integrationApp!);

  afterEach(() => jest.restoreAllMocks());

  it('name the workspace and the user, for ten minutes, with the algorithm of the documentation', async () => {
    const secret = createSecretKey(workspace.settings.INTEGRATION_APP_WORKSPACE_SECRET!, 'utf8');
    const { payload, protectedHeader } = await jwtVerify((await tokens().tokenOf(alice))!, secret);
    expect(protectedHeader).toEqual({ alg: 'HS512', typ: 'JWT' });
    expect(payload).toEqual({
      id: 'alice',
      name: 'alice',
      iss: workspace.key,
      iat: expect.any(Number),
      exp: payload.iat! + 600,
    });
  });

  it('are none for callers of other tenants, API keys of the same name among them', () => {
    for (const method of ['jwt', 'api-key'] as const) {
      expect(tokens().tokenOf({ ...alice, tenant: 'acme', method })).toBeUndefined();
    }
  });

  it('are kept apart where two tenants have a subject of the same name', async () => {
    const service = tokens({ INTEGRATION_APP_USERS: '[{"tenant":"default"},{"tenant":"acme"}]' });
    const ids = async (tenants: string[]) => {
      const made = tenants.map((tenant) => service.tokenOf({ ...alice, tenant }));
      return (await Promise.all(made)).map((token) => decodeJwt(token!)).map(({ id, name }) => [id, name]);
    };
    const ofAcme = ['manifold:["acme","https://issuer.test","alice"]', 'alice'];
    expect(await ids(['acme', 'default', 'acme'])).toEqual([ofAcme, ['alice', 'alice'], ofAcme]);
  });

  it('are signed rarely, and renewed well before they end', async () => {
    const service = tokens();
    const first = await service.tokenOf(alice);
    expect(await service.tokenOf(alice)).toBe(first);
    expect(await service.tokenOf(fixturePrincipal('bob'))).not.toBe(first);
    await sleep(5); // the cache reads its clock once a millisecond
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 301_000);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 301_000);
    expect(await service.tokenOf(alice)).not.toBe(first);
  });

  it("are the caller's own where the caller came with one of the workspace, and never a token of another issuer", async () => {
    const own = { ...fixturePrincipal('alice', workspace.key), credential: 'own-token' };
    expect(await tokens().tokenOf(own)).toBe('own-token');
    const other = { ...alice, credential: 'token-of-another-issuer' };
    expect(await tokens().tokenOf(other)).not.toBe('token-of-another-issuer');
  });
});

describe('the API accepts', () => {
  let app: ProviderApp;

  afterEach(() => app.stop());

  const gmailOf = (owner: string): void => void app.simulator.connect(owner, 'gmail');

  it('tokens that the gateway made, in the name of each user', async () => {
    app = await ProviderApp.start();
    gmailOf('alice');
    const bob = fixturePrincipal('bob');
    expect([(await app.list(alice)).length, (await app.list(bob)).length]).toEqual([3, 0]);
    expect(app.simulator.requestsTo('/connections').map(({ user }) => user)).toEqual(['alice', 'bob']);
  });

  it('no key that acts for a user who came with a token of the workspace, where the gateway cannot sign', async () => {
    const workspace = Workspace.withKeyPair();
    app = await ProviderApp.start({ workspace });
    gmailOf('alice');
    const user = fixturePrincipal('alice', workspace.key);
    const own = { ...user, credential: await workspace.token('alice') };
    expect(app.provider.catalogueKey(own)).toBe(user.key);
    expect(app.provider.catalogueKey({ ...user, method: 'api-key' })).not.toBe(user.key);
    expect(await app.list({ ...user, method: 'api-key' })).toEqual([]);
  });

  it.each([
    ['a secret', Workspace.withSecret()],
    ['a private key', Workspace.withKeyPair()],
  ])("the caller's own token of either generation, signed with %s", async (_title, workspace) => {
    app = await ProviderApp.start({ workspace });
    gmailOf('alice');
    for (const credential of [await workspace.token('alice'), await workspace.newerToken('alice')]) {
      const caller = { ...fixturePrincipal('alice', workspace.key), credential };
      expect(await app.list(caller)).toHaveLength(3);
    }
  });

  it('tokens that nobody verified before, in forward-only mode, and refuses forged ones', async () => {
    app = await ProviderApp.start({ settings: { INTEGRATION_APP_FORWARD_ONLY: 'true' } });
    gmailOf('alice');
    const callerWith = (credential: string) => ({ ...fixturePrincipal('digest', 'integration.app'), credential });
    expect(await app.list(callerWith(await app.workspace.token('alice')))).toHaveLength(3);
    const forged = await Workspace.withSecret().token('alice', { iss: app.workspace.key });
    await expect(app.list(callerWith(forged))).rejects.toMatchObject({ code: 'reauth_required' });
  });

  it.each<[string, Workspace, Record<string, string> | undefined]>([
    ['a public key only', Workspace.withKeyPair(), undefined],
    ['forward-only mode', Workspace.withSecret(), { INTEGRATION_APP_FORWARD_ONLY: 'true' }],
  ])(
    'no calls of others where the gateway cannot sign (%s): they have no tools',
    async (_title, workspace, settings) => {
      app = await ProviderApp.start({ workspace, settings });
      gmailOf('alice');
      expect(await app.list(alice)).toEqual([]);
      const caller = { ...fixturePrincipal('alice', settings ? 'integration.app' : workspace.key) };
      const [tool] = await app.list({ ...caller, credential: await workspace.token('alice') });
      const { signal } = new AbortController();
      const context = { principal: alice, requestId: 'token-spec', signal, cancellation: signal };
      app.simulator.clearRequests();
      await expect(app.provider.callTool(tool!.ref, {}, context)).rejects.toMatchObject({ code: 'permission_denied' });
      expect(app.simulator.counts.total).toBe(0);
    },
  );
});
