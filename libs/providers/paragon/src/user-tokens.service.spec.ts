import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, jwtVerify } from 'jose';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { loadConfig } from '@manifold/config';
import { UserTokens } from './user-tokens.service.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const tokens = (settings: Record<string, string> = {}) =>
  new UserTokens(
    loadConfig({
      PROJECT_ID: 'p-1',
      SIGNING_KEY: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      ...settings,
    }).paragon!,
  );

describe('Paragon user tokens', () => {
  afterEach(() => jest.useRealTimers());

  it('are made in the name of the subject, for this project, for ten minutes', async () => {
    const token = (await tokens().tokenOf(fixturePrincipal('alice')))!;
    const { payload, protectedHeader } = await jwtVerify(token, pair.publicKey, { audience: 'useparagon.com/p-1' });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(payload).toMatchObject({ sub: 'alice' });
    expect(payload.exp! - payload.iat!).toBe(600);
  });

  it("are the caller's own where the caller came with one of Paragon", async () => {
    const principal = { ...fixturePrincipal('alice', 'useparagon.com/p-1'), credential: 'own-token' };
    expect(await tokens().tokenOf(principal)).toBe('own-token');
  });

  it('are never a token of another issuer', async () => {
    const principal = { ...fixturePrincipal('alice', 'https://idp.test'), credential: 'own-token' };
    expect(decodeJwt((await tokens().tokenOf(principal))!).sub).toBe('alice');
  });

  it('are none for callers of other tenants, API keys of the same name among them', () => {
    for (const method of ['jwt', 'api-key'] as const) {
      expect(tokens().tokenOf({ ...fixturePrincipal('alice'), tenant: 'acme', method })).toBeUndefined();
    }
  });

  it('are kept apart where two tenants have a subject of the same name', async () => {
    const service = tokens({ PARAGON_USERS: '[{"tenant":"default"},{"tenant":"acme"}]' });
    const subjects = async (tenants: string[]) => {
      const made = tenants.map((tenant) => service.tokenOf({ ...fixturePrincipal('alice'), tenant }));
      return (await Promise.all(made)).map((token) => decodeJwt(token!).sub);
    };
    const ofAcme = 'manifold:["acme","https://issuer.test","alice"]';
    expect(await subjects(['acme', 'default', 'acme'])).toEqual([ofAcme, 'alice', ofAcme]);
  });

  it('are signed rarely, and renewed well before they end', async () => {
    const service = tokens();
    const first = await service.tokenOf(fixturePrincipal('alice'));
    expect(await service.tokenOf(fixturePrincipal('alice'))).toBe(first);
    expect(await service.tokenOf(fixturePrincipal('bob'))).not.toBe(first);
    await sleep(5); // the cache reads its clock once a millisecond
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 301_000);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 301_000);
    const second = await service.tokenOf(fixturePrincipal('alice'));
    jest.restoreAllMocks();
    expect(decodeJwt(second!).exp!).toBeGreaterThan(decodeJwt(first!).exp!);
  });
});
