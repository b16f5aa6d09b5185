import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Test, type TestingModule } from '@nestjs/testing';
import { forge, TestIssuer } from '@manifold/auth/testing';
import { ConfigModule, loadConfig } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { RequestLimits } from '@manifold/limits';
import fc from '../../../../test/support/fuzz.js';
import { hasExpired } from '../authenticator.js';
import { TokenVerifier } from './token-verifier.service.js';

const NOW = 1_800_000_000;

describe('The tokens of configured issuers', () => {
  const published = new TestIssuer('https://published.test');
  const fixed = new TestIssuer('https://fixed.test');
  let modules: TestingModule[] = [];

  beforeEach(async () => {
    published.requests.length = 0;
    published.failing = false;
    await published.listen();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(modules.map((module) => module.close()));
    modules = [];
    await published.close();
  });

  async function verifier(overrides: object = {}, settings: Record<string, string> = {}): Promise<TokenVerifier> {
    const config = loadConfig({
      ...settings,
      MCP_SERVER_URL: 'https://gateway.test',
      AUTH_ISSUERS: JSON.stringify([
        {
          issuer: published.issuer,
          jwksUri: `${published.url}/jwks`,
          tenant: 'acme',
          roles: { admins: ['admin', 'operator'] },
        },
        { issuer: fixed.issuer, publicKey: fixed.pem, tenant: 'other', rolesClaim: 'groups', ...overrides },
      ]),
    });
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), EgressModule],
      providers: [TokenVerifier, { provide: RequestLimits, useValue: { wrongCredential: () => undefined } }],
    }).compile();
    modules.push(await module.init());
    return module.get(TokenVerifier);
  }

  const refused = (verification: Promise<unknown>, reason: RegExp): Promise<void> =>
    expect(verification).rejects.toMatchObject({ name: 'CredentialError', message: expect.stringMatching(reason) });

  /** Sets the clock to NOW, which is in seconds, and some milliseconds, where it stands. */
  const stopClock = (milliseconds = 0): void => {
    jest.spyOn(Date, 'now').mockReturnValue(NOW * 1000 + milliseconds);
  };
  /** Lets time pass, whatever the clock says. */
  const pass = (milliseconds: number): void => {
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + milliseconds);
  };

  it("make a principal of the issuer's tenant, with the roles of its groups", async () => {
    stopClock();
    const token = published.token({
      sub: 'alice',
      roles: ['admins', 'others', 'constructor', 7],
      tenant: 'evil',
      exp: NOW + 60,
    });
    await expect((await verifier()).principalOf(token)).resolves.toEqual({
      key: '["acme","https://published.test","alice"]',
      tenant: 'acme',
      issuer: 'https://published.test',
      subject: 'alice',
      roles: ['user', 'admin', 'operator'],
      groups: ['admins', 'others', 'constructor'],
      method: 'jwt',
      credential: token,
      expiresAt: (NOW + 60) * 1000,
    });
  });

  it('are two principals if two issuers name one sub (threat 6)', async () => {
    const tokens = await verifier();
    const [one, two] = await Promise.all([tokens.principalOf(published.token()), tokens.principalOf(fixed.token())]);
    expect(one.subject).toBe(two.subject);
    expect(one.key).not.toBe(two.key);
    expect(two).toMatchObject({ tenant: 'other', issuer: fixed.issuer, roles: ['user'] });
  });

  it('may name their audience in a list, and their groups as a single string', async () => {
    const token = fixed.token({ aud: ['https://elsewhere.test', 'https://gateway.test/mcp'], groups: 'staff' });
    const tokens = await verifier({ roles: { staff: ['operator'] } });
    await expect(tokens.principalOf(token)).resolves.toMatchObject({ roles: ['user', 'operator'], groups: ['staff'] });
  });

  it('name as many groups as they like, of which some are kept', async () => {
    const named = ['a', 'a', '', 'x'.repeat(256), 'x'.repeat(257), 'line\nbreak', { $ne: '' }, null];
    const many = Array.from({ length: 1_000 }, (_, index) => `group ${index}`);
    const tokens = await verifier({ roles: { 'group 999': ['operator'] } });
    const { groups } = await tokens.principalOf(fixed.token({ groups: named }));
    expect(groups).toEqual(['a', 'x'.repeat(256)]);
    const principal = await tokens.principalOf(fixed.token({ groups: many }));
    expect(principal.groups).toEqual(many.slice(0, 200));
    expect(principal.roles).toContain('operator');
    expect((await tokens.principalOf(fixed.token({ groups: undefined }))).groups).toEqual([]);
  });

  describe('are refused when forged (threat 1)', () => {
    const claims = { iss: fixed.issuer, aud: 'https://gateway.test/mcp', sub: 'alice', exp: Date.now() / 1000 + 60 };

    it.each(['HS256', 'HS384', 'HS512'])('with the public key as the %s secret', async (alg) => {
      const forms = [fixed.pem, fixed.pem.trim(), fixed.pem.replaceAll('\n', '\\n')];
      const tokens = await verifier();
      for (const secret of forms) {
        const token = forge({ alg, typ: 'JWT' }, claims, (input) =>
          createHmac(`sha${alg.slice(2)}`, secret)
            .update(input)
            .digest(),
        );
        await refused(tokens.principalOf(token), /algorithm/);
      }
    });

    it.each(['none', 'None', 'NONE', 'nOnE', ''])('with the algorithm "%s"', async (alg) => {
      const tokens = await verifier();
      await refused(tokens.principalOf(forge({ alg }, claims, () => Buffer.alloc(0))), /algorithm/);
      await refused(tokens.principalOf(forge({ alg }, claims, () => Buffer.from('x'))), /algorithm/);
    });

    it('with the key of another issuer', async () => {
      const tokens = await verifier();
      await refused(tokens.principalOf(published.token({ iss: fixed.issuer })), /invalid signature/);
      await refused(tokens.principalOf(fixed.token({ iss: published.issuer }, { kid: 'key-1' })), /invalid signature/);
    });

    it('with a signature that is empty or cut', async () => {
      const tokens = await verifier();
      const [header, payload, signature] = fixed.token().split('.');
      await refused(tokens.principalOf(`${header}.${payload}.`), /signature/);
      await refused(tokens.principalOf(`${header}.${payload}.${signature!.slice(0, -8)}`), /signature/);
      await refused(tokens.principalOf(`${header}.${payload}`), /./);
    });

    it('with an algorithm of the right key type that the issuer does not use', async () => {
      await refused((await verifier()).principalOf(fixed.token({}, { alg: 'PS256' })), /algorithm/);
      await refused((await verifier()).principalOf(fixed.token({}, { alg: 'RS512' })), /algorithm/);
    });

    it('with a payload that was changed after signing', async () => {
      const [header, , signature] = fixed.token().split('.');
      const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
      await refused((await verifier()).principalOf(`${header}.${payload}.${signature}`), /invalid signature/);
    });
  });

  describe('bring no key of their own (threat 2)', () => {
    const canary = createServer((request, response) => {
      hits.push(request.url ?? '');
      response.end(JSON.stringify({ keys: [attacker.jwk] }));
    });
    const hits: string[] = [];
    const attacker = new TestIssuer(published.issuer);

    beforeAll(() => new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve)));
    afterAll(() => new Promise((resolve) => canary.close(resolve)));

    it('neither embedded nor by URL, and nothing is fetched from there', async () => {
      const url = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/jwks`;
      const tokens = await verifier();
      for (const header of [
        { jwk: attacker.jwk },
        { jku: url },
        { x5u: url },
        { jku: url, jwk: attacker.jwk, kid: undefined },
      ]) {
        await refused(tokens.principalOf(attacker.token({}, header)), /./);
      }
      expect(hits).toEqual([]);
    });

    it.each(['../../dev/null', '/dev/null', 'http://169.254.169.254/', "' OR 1=1", '__proto__', ''])(
      'by the kid %j',
      async (kid) => {
        await refused((await verifier()).principalOf(attacker.token({}, { kid })), /No key/);
        expect(published.requests).toEqual(['/jwks']);
      },
    );

    it('by a kid that is no string, or by critical extensions', async () => {
      const tokens = await verifier();
      await refused(tokens.principalOf(published.token({}, { kid: ['key-1'] })), /kid/);
      await refused(tokens.principalOf(published.token({}, { crit: ['b64'], b64: false })), /critical/);
    });
  });

  describe('with published keys', () => {
    it('cause at most two requests for 1,000 random kids, and good ones still pass (threat 3)', async () => {
      const tokens = await verifier();
      stopClock(); // however long it takes
      const exp = NOW + 3600;
      const flood = Array.from({ length: 1000 }, (_, index) =>
        tokens.principalOf(published.token({ exp }, { kid: `random-${index}` })),
      );
      const outcomes = await Promise.allSettled(flood);
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
      expect(published.requests.length).toBeLessThanOrEqual(2);
      await expect(tokens.principalOf(published.token({ exp }))).resolves.toMatchObject({ subject: 'alice' });
      expect(published.requests.length).toBeLessThanOrEqual(2);
    });

    it('are found after a rotation, once the keys may be asked for again', async () => {
      const tokens = await verifier();
      stopClock();
      const exp = NOW + 3600;
      await tokens.principalOf(published.token({ exp }));
      published.rotate();
      const token = published.token({ exp });
      await refused(tokens.principalOf(token), /No key/);
      expect(published.requests).toHaveLength(1);
      pass(31_000);
      await expect(tokens.principalOf(token)).resolves.toMatchObject({ subject: 'alice' });
      expect(published.requests).toHaveLength(2);
    });

    it('are asked for again as soon when the clock was set back', async () => {
      const tokens = await verifier();
      stopClock();
      const exp = NOW + 3600;
      await tokens.principalOf(published.token({ exp }));
      published.rotate();
      stopClock(-3_600_000);
      pass(31_000);
      await expect(tokens.principalOf(published.token({ exp }))).resolves.toMatchObject({ subject: 'alice' });
      pass(601_000);
      await expect(tokens.principalOf(published.token({ exp, sub: 'new' }))).resolves.toMatchObject({ subject: 'new' });
      expect(published.requests).toHaveLength(3);
    });

    it('are neither accepted nor refused while the keys cannot be loaded, and few requests are made', async () => {
      const tokens = await verifier();
      published.failing = true;
      stopClock();
      const exp = NOW + 3600;
      const attempts = Array.from({ length: 50 }, (_, index) =>
        tokens.principalOf(published.token({ exp, sub: `user-${index}` })),
      );
      for (const outcome of await Promise.allSettled(attempts)) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { status: 503, code: 'issuer_unavailable', retryAfter: 10 },
        });
      }
      await expect(tokens.principalOf(published.token({ exp }))).rejects.toMatchObject({ status: 503 });
      expect(published.requests).toHaveLength(1);

      published.failing = false;
      pass(11_000);
      await expect(tokens.principalOf(published.token({ exp }))).resolves.toMatchObject({ subject: 'alice' });
    });

    it('keep passing on the keys that are known while the endpoint is down and a stranger asks for others', async () => {
      const tokens = await verifier();
      stopClock();
      await tokens.principalOf(published.token({ exp: NOW + 3600 }));
      published.failing = true;
      pass(31_000);
      const stranger = tokens.principalOf(published.token({ exp: NOW + 3600 }, { kid: 'random' }));
      await expect(stranger).rejects.toMatchObject({ status: 503 });
      await expect(tokens.principalOf(published.token({ exp: NOW + 3600, sub: 'bob' }))).resolves.toMatchObject({
        subject: 'bob',
      });
    });
  });

  describe('are bound in time, with a tolerance of 60 seconds (threat 4)', () => {
    it.each<[string, Record<string, unknown>, boolean]>([
      ['expired 59 seconds ago', { exp: NOW - 59 }, true],
      ['expired 60 seconds ago', { exp: NOW - 60 }, false],
      ['expired long ago', { exp: 1 }, false],
      ['exp is missing', { exp: undefined }, false],
      ['exp is null', { exp: null }, false],
      ['exp is a string', { exp: String(NOW + 60) }, false],
      ['exp is beyond every date', { exp: Number.MAX_VALUE }, false],
      ['valid in 60 seconds', { nbf: NOW + 60 }, true],
      ['valid in 61 seconds', { nbf: NOW + 61 }, false],
      ['nbf is a string', { nbf: '0' }, false],
      ['sub is missing', { sub: undefined }, false],
      ['sub is empty', { sub: '' }, false],
      ['sub is a number', { sub: 7 }, false],
      ['sub has a line break', { sub: 'a\nb' }, false],
      ['sub has 257 characters', { sub: 'x'.repeat(257) }, false],
      ['sub has 256 characters', { sub: 'x'.repeat(256) }, true],
    ])('%s', async (_case, claims, good) => {
      stopClock();
      const verification = (await verifier()).principalOf(fixed.token({ exp: NOW + 300, ...claims }));
      if (good) await expect(verification).resolves.toMatchObject({ issuer: fixed.issuer });
      else await refused(verification, /./);
    });

    it('also once they were verified', async () => {
      stopClock();
      const principal = await (await verifier()).principalOf(fixed.token({ exp: NOW + 10 }));
      expect(hasExpired(principal, (NOW + 10 + 60) * 1000 - 1)).toBe(false);
      expect(hasExpired(principal, (NOW + 10 + 60) * 1000)).toBe(true);
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['another audience', { aud: 'https://elsewhere.test/mcp' }],
    ['an audience that only begins like ours', { aud: 'https://gateway.test/mcp/x' }],
    ['no audience', { aud: undefined }],
    ['an empty list of audiences', { aud: [] }],
    ['an unknown issuer', { iss: 'https://unknown.test' }],
    ['an issuer with a slash behind it', { iss: 'https://fixed.test/' }],
    ['a list of issuers', { iss: ['https://fixed.test'] }],
    ['no issuer', { iss: undefined }],
    ['an issuer that is a property of every object', { iss: '__proto__' }],
  ])('are refused with %s (threat 5)', async (_case, claims) => {
    await refused((await verifier()).principalOf(fixed.token(claims)), /./);
  });

  describe('from Paragon have neither iss nor kid', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const project = {
      PROJECT_ID: 'p-1',
      SIGNING_KEY: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    };
    const userToken = (claims: Record<string, unknown> = {}, key = pair.privateKey): string => {
      const now = Math.floor(Date.now() / 1000);
      return forge({ alg: 'RS256', typ: 'JWT' }, { sub: 'alice', iat: now, exp: now + 3600, ...claims }, (input) =>
        sign('sha256', Buffer.from(input), key),
      );
    };

    it.each<[string, Record<string, unknown>]>([
      ['as they are', {}],
      ['with the audience of the project', { aud: 'useparagon.com/p-1' }],
      ['with a list of audiences', { aud: ['elsewhere', 'useparagon.com/p-1'] }],
      ['with an issuer that is not configured', { iss: 'https://app.test' }],
    ])('and are accepted %s', async (_case, claims) => {
      const token = userToken(claims);
      await expect((await verifier({}, project)).principalOf(token)).resolves.toMatchObject({
        issuer: 'useparagon.com/p-1',
        subject: 'alice',
        roles: ['user'],
        credential: token,
      });
    });

    it.each<[string, string]>([
      ['for another project', userToken({ aud: 'useparagon.com/p-2' })],
      ['for nobody', userToken({ aud: [] })],
      ['without exp', userToken({ exp: undefined })],
      ['without sub', userToken({ sub: undefined })],
      ['that has expired', userToken({ exp: 1 })],
      ['in the name of a configured issuer', userToken({ iss: fixed.issuer })],
      ['of another key', userToken({}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)],
      ['that are not signed', forge({ alg: 'none' }, { sub: 'alice', exp: NOW * 2 }, () => Buffer.alloc(0))],
      ['that were signed with the public key as a secret', hmacWith(pair.publicKey)],
    ])('and are refused %s', async (_case, token) => {
      await refused((await verifier({}, project)).principalOf(token), /./);
    });

    it('and are unknown without a project', async () => {
      await refused((await verifier()).principalOf(userToken()), /no iss/);
    });
  });

  it('are verified once: the warm path asks for no key', async () => {
    const tokens = await verifier();
    const token = published.token();
    const first = await tokens.principalOf(token);
    await published.close();
    expect(await tokens.principalOf(token)).toBe(first);
  });

  it('are refused, and nothing else happens, whatever stands in the three parts', async () => {
    const tokens = await verifier();
    const anything = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"alg":"RS256"}', `{"iss":"${fixed.issuer}"}`));
    await fc.assert(
      fc.asyncProperty(anything, anything, anything, async (header, payload, signature) => {
        const token = [header, payload, signature].map((text) => Buffer.from(text).toString('base64url')).join('.');
        await refused(tokens.principalOf(token), /./);
      }),
      { numRuns: 300 },
    );
  });

  it('stop the start when a configured key cannot be used', async () => {
    const unreadable = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----';
    await expect(verifier({ publicKey: unreadable })).rejects.toThrow(
      'the public key of https://fixed.test cannot be read',
    );
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
    await expect(verifier({ publicKey: curve })).rejects.toThrow('is not of the type rsa');
  });
});

/** Threat 1: a verifier that takes any algorithm would use the PEM as the secret. */
function hmacWith(key: KeyObject): string {
  const pem = key.export({ type: 'spki', format: 'pem' });
  return forge({ alg: 'HS256', typ: 'JWT' }, { sub: 'alice', exp: NOW * 2 }, (input) =>
    createHmac('sha256', pem).update(input).digest(),
  );
}
