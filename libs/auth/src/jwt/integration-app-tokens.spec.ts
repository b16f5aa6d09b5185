import { createHmac, generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { forge, TestIssuer } from '@manifold/auth/testing';
import { ConfigModule, loadConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { RequestLimits } from '@manifold/limits';
import { TokenVerifier } from './token-verifier.service.js';

type Claims = Record<string, unknown>;

const WORKSPACE = 'workspace-1';
const SECRET = 'the-secret-of-the-workspace-of-this-spec';
const BY_SECRET = { INTEGRATION_APP_WORKSPACE_KEY: WORKSPACE, INTEGRATION_APP_WORKSPACE_SECRET: SECRET };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;
const byKey = (key: KeyObject) => ({ INTEGRATION_APP_WORKSPACE_KEY: WORKSPACE, INTEGRATION_APP_PUBLIC_KEY: pem(key) });

const later = (): number => Math.floor(Date.now() / 1000) + 3600;
const older = (claims: Claims = {}): Claims => ({
  id: 'alice',
  name: 'Alice',
  iss: WORKSPACE,
  exp: later(),
  ...claims,
});
const newer = (claims: Claims = {}): Claims => ({
  workspaceKey: WORKSPACE,
  tenantKey: 'alice',
  fields: { plan: 'gold' },
  exp: later(),
  ...claims,
});

const hmac = (claims: Claims, alg = 'HS512', secret: string | KeyObject = SECRET): string =>
  forge({ alg, typ: 'JWT' }, claims, (input) =>
    createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest(),
  );
const signed = (claims: Claims, alg: string, key: KeyObject): string =>
  forge({ alg, typ: 'JWT' }, claims, (input) => {
    const options = alg.startsWith('PS') ? { padding: 6, saltLength: -1 } : {};
    return sign(`sha${alg.slice(2)}`, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...options });
  });

describe('The access tokens of Integration.app', () => {
  const oidc = new TestIssuer('https://idp.test');
  let modules: TestingModule[] = [];

  afterEach(async () => {
    await Promise.all(modules.map((module) => module.close()));
    modules = [];
  });

  async function verifier(settings: Record<string, string>): Promise<TokenVerifier> {
    const config = loadConfig({
      MCP_SERVER_URL: 'https://gateway.test',
      AUTH_ISSUERS: JSON.stringify([{ issuer: oidc.issuer, publicKey: oidc.pem }]),
      ...settings,
    });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), EgressModule],
      providers: [TokenVerifier, { provide: RequestLimits, useValue: { wrongCredential: () => undefined } }],
    }).compile();
    modules.push(await module.init());
    return module.get(TokenVerifier);
  }

  const refused = (verification: Promise<unknown>, reason = /./): Promise<void> =>
    expect(verification).rejects.toMatchObject({
      name: 'CredentialError',
      message: expect.stringMatching(reason) as string,
    });

  const alice = (token: string) => ({
    key: '["default","workspace-1","alice"]',
    tenant: 'default',
    issuer: WORKSPACE,
    subject: 'alice',
    roles: ['user'],
    groups: [],
    method: 'jwt',
    credential: token,
    expiresAt: expect.any(Number) as number,
  });

  describe('that the workspace secret signed', () => {
    it.each<[string, Claims, string]>([
      ['older, HS512', older(), 'HS512'],
      ['older, HS256', older(), 'HS256'],
      ['newer, HS512', newer(), 'HS512'],
      ['newer, HS256', newer(), 'HS256'],
      ['newer, with the issuer named twice', newer({ iss: WORKSPACE }), 'HS512'],
      ['newer, whose user has an id, too', newer({ id: 'mallory' }), 'HS512'],
      ['older, with claims that would be roles elsewhere', older({ roles: ['admin'], isAdmin: true }), 'HS512'],
    ])('make the same principal: %s', async (_case, claims, alg) => {
      const token = hmac(claims, alg);
      await expect((await verifier(BY_SECRET)).principalOf(token)).resolves.toEqual(alice(token));
    });

    it.each<[string, Claims]>([
      ['of another workspace, older', older({ iss: 'workspace-2' })],
      ['of another workspace, newer', newer({ workspaceKey: 'workspace-2' })],
      ['of two workspaces', newer({ iss: 'workspace-2' })],
      ['of a workspace and of another by issuer', older({ workspaceKey: 'workspace-2' })],
      ['of a list of workspaces', newer({ iss: [WORKSPACE] })],
      ['of no workspace', { id: 'alice', exp: later() }],
      ['of no tenant', newer({ tenantKey: undefined })],
      ['of no tenant, but of an id', newer({ tenantKey: undefined, id: 'alice' })],
      ['of an empty tenant', newer({ tenantKey: '' })],
      ['of a tenant that is a number', newer({ tenantKey: 7 })],
      ['of a tenant with a line break', newer({ tenantKey: 'a\nb' })],
      ['of no user', older({ id: undefined })],
      ['of a subject instead of a user', older({ id: undefined, sub: 'alice' })],
      ['that have expired', older({ exp: 1 })],
      ['without an end, older', older({ exp: undefined })],
      ['without an end, newer', newer({ exp: undefined })],
      ['with an end in words', newer({ exp: String(later()) })],
      ['that are not valid yet', newer({ nbf: later() })],
    ])('are refused: %s', async (_case, claims) => {
      await refused((await verifier(BY_SECRET)).principalOf(hmac(claims)));
    });

    it('are refused with another secret or another algorithm, and unsigned (threat 1)', async () => {
      const tokens = await verifier(BY_SECRET);
      await refused(tokens.principalOf(hmac(newer(), 'HS512', 'another secret')), /signature/);
      await refused(tokens.principalOf(hmac(newer(), 'HS512', '')), /signature/);
      await refused(tokens.principalOf(hmac(newer(), 'HS384')), /algorithm/);
      await refused(tokens.principalOf(signed(newer(), 'RS256', rsa.privateKey)), /algorithm/);
      await refused(tokens.principalOf(forge({ alg: 'none' }, newer(), () => Buffer.alloc(0))), /algorithm/);
      const [header, , signature] = hmac(newer()).split('.');
      const changed = Buffer.from(JSON.stringify(newer({ tenantKey: 'bob' }))).toString('base64url');
      await refused(tokens.principalOf(`${header}.${changed}.${signature}`), /signature/);
    });

    it('are never taken for those of another issuer, nor those of another issuer for them', async () => {
      const tokens = await verifier(BY_SECRET);
      await refused(
        tokens.principalOf(hmac(newer({ iss: oidc.issuer, sub: 'alice', aud: 'https://gateway.test/mcp' }))),
      );
      await refused(tokens.principalOf(oidc.token({ iss: WORKSPACE, id: 'alice' })));
      await refused(tokens.principalOf(oidc.token({ iss: undefined, workspaceKey: WORKSPACE, tenantKey: 'alice' })));
      await expect(tokens.principalOf(oidc.token({ workspaceKey: WORKSPACE }))).resolves.toMatchObject({
        issuer: oidc.issuer,
      });
    });
  });

  describe('that a private key signed', () => {
    it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])('are accepted with %s of RSA', async (alg) => {
      const tokens = await verifier(byKey(rsa.publicKey));
      for (const claims of [older(), newer()]) {
        const token = signed(claims, alg, rsa.privateKey);
        await expect(tokens.principalOf(token)).resolves.toEqual(alice(token));
      }
    });

    it("are accepted with the curve's algorithm of EC", async () => {
      const token = signed(newer(), 'ES256', ec.privateKey);
      await expect((await verifier(byKey(ec.publicKey))).principalOf(token)).resolves.toEqual(alice(token));
    });

    it('are refused where the public key served as an HMAC secret (threat 1)', async () => {
      const tokens = await verifier(byKey(rsa.publicKey));
      for (const alg of ['HS256', 'HS512']) {
        for (const text of [pem(rsa.publicKey), pem(rsa.publicKey).trim()]) {
          await refused(tokens.principalOf(hmac(newer(), alg, text)), /algorithm/);
        }
      }
    });

    it('are refused with another key, also of another type', async () => {
      const tokens = await verifier(byKey(rsa.publicKey));
      const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
      await refused(tokens.principalOf(signed(newer(), 'RS256', stranger.privateKey)), /signature/);
      await refused(tokens.principalOf(signed(newer(), 'ES256', ec.privateKey)), /algorithm/);
    });
  });

  describe('in forward-only mode', () => {
    const forwarding = { INTEGRATION_APP_FORWARD_ONLY: 'true', INTEGRATION_APP_API_URL: 'http://127.0.0.1:9' };

    it.each([older(), newer(), newer({ tenantKey: undefined })])(
      'are their own identity, without a role, as long as Integration.app has not accepted them',
      async (claims) => {
        const token = hmac(claims, 'HS256', 'a secret that the gateway does not know');
        const digest = hash('sha256', token, 'base64url');
        await expect((await verifier(forwarding)).principalOf(token)).resolves.toEqual({
          key: JSON.stringify(['default', 'integration.app', digest]),
          tenant: 'default',
          issuer: 'integration.app',
          subject: digest,
          roles: [],
          method: 'jwt',
          credential: token,
          expiresAt: (claims.exp as number) * 1000,
          confinedTo: 'integration-app',
        });
      },
    );

    it('are one principal each, even those of one user: a forged one reaches nothing of another', async () => {
      const tokens = await verifier(forwarding);
      const real = await tokens.principalOf(hmac(older()));
      const forged = await tokens.principalOf(hmac(older(), 'HS512', 'forged'));
      expect(forged.key).not.toBe(real.key);
    });

    it.each<[string, string]>([
      ['no JWT', 'nonsense'],
      ['without an end', hmac(older({ exp: undefined }))],
      ['in the form of no access token', hmac({ sub: 'alice', exp: later() })],
      ['in the name of a configured issuer', hmac(older({ iss: 'https://idp.test' }))],
    ])('are refused: %s', async (_case, token) => {
      await refused((await verifier(forwarding)).principalOf(token));
    });

    it('leave the tokens of other issuers to be verified', async () => {
      await expect((await verifier(forwarding)).principalOf(oidc.token())).resolves.toMatchObject({
        issuer: oidc.issuer,
        roles: ['user'],
      });
    });
  });

  it('are unknown without a workspace', async () => {
    await refused((await verifier({})).principalOf(hmac(older())), /issuer is unknown/);
    await refused((await verifier({})).principalOf(hmac(newer())), /issuer is unknown/);
  });
});
