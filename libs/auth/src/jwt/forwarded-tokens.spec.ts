import { hash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forge } from '@manifold/auth/testing';
import { Egress } from '@manifold/egress';
import { testEgress } from '@manifold/egress/testing';
import { ForwardedTokens } from './forwarded-tokens.js';

const ISSUER = 'integration.app';
const later = (): number => Date.now() + 3_600_000;
const tokenOf = (claims: Record<string, unknown>, signature = 'good'): string =>
  forge({ alg: 'HS256' }, claims, () => Buffer.from(signature));

describe('Access tokens that are passed on to Integration.app', () => {
  let api: Server;
  let egress: Egress;
  let tokens: ForwardedTokens;
  let status: number | undefined;
  let asked: string[];

  beforeEach(async () => {
    [status, asked] = [undefined, []];
    api = createServer((request, response) => {
      const token = request.headers.authorization!.replace('Bearer ', '');
      asked.push(token);
      const isGood = Buffer.from(token.split('.')[2]!, 'base64url').toString() === 'good';
      response.writeHead(status ?? (isGood ? 200 : 401), { 'content-type': 'application/json' }).end('{"items":[]}');
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => api.once('listening', listening));
    egress = testEgress();
    const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    tokens = new ForwardedTokens({ apiUrl, issuer: ISSUER }, egress);
  });
  afterEach(async () => {
    await egress.onApplicationShutdown();
    await new Promise((closed) => api.close(closed));
  });

  const principalOf = async (claims: Record<string, unknown>, signature?: string, expiresAt = later()) => {
    const token = tokenOf(claims, signature);
    return tokens.principalOf(token, hash('sha256', token, 'base64url'), { ...claims }, expiresAt);
  };

  it.each<[Record<string, unknown>]>([
    [{ iss: 'w', id: 'alice' }],
    [{ iss: 'w', id: 'alice', name: 'Another token of hers' }],
    [{ iss: 'w', sub: 'alice' }],
    [{ workspaceKey: 'w', tenantKey: 'alice', id: 'not her' }],
  ])('are the user that they name, once they are accepted: %j', async (claims) => {
    const { principal, accepted } = await principalOf(claims);
    expect(accepted).toBe(true);
    expect(principal).toMatchObject({
      key: '["default","integration.app/w","alice"]',
      subject: 'alice',
      roles: [],
      confinedTo: 'integration-app',
      credential: tokenOf(claims),
    });
  });

  it('are nobody that they name, if they are forged', async () => {
    const claims = { iss: 'w', id: 'alice' };
    const [real, forged, other] = [
      await principalOf(claims),
      await principalOf(claims, 'forged'),
      await principalOf(claims, 'forged, too'),
    ];
    expect([real.accepted, forged.accepted, other.accepted]).toEqual([true, false, false]);
    expect(forged.principal.subject).toBe(hash('sha256', tokenOf(claims, 'forged'), 'base64url'));
    expect(new Set([real, forged, other].map(({ principal }) => principal.key)).size).toBe(3);
  });

  it('are users of one workspace, which is not that of others with the same names', async () => {
    const [one, other] = [await principalOf({ iss: 'w', id: 'alice' }), await principalOf({ iss: 'v', id: 'alice' })];
    expect(one.principal.key).not.toBe(other.principal.key);
  });

  it.each<[Record<string, unknown>]>([
    [{ iss: 'w' }],
    [{ id: 'alice' }],
    [{ iss: 'w', id: 7 }],
    [{ iss: 'v', workspaceKey: 'w', tenantKey: 'alice' }],
    [{ iss: 'w', id: 'two\nlines' }],
  ])('stay nobody without a user and one workspace: %j', async (claims) => {
    expect((await principalOf(claims)).accepted).toBe(false);
    expect(asked).toEqual([]);
  });

  it('are not sent once they have expired', async () => {
    expect((await principalOf({ iss: 'w', id: 'alice' }, 'good', Date.now() - 1)).accepted).toBe(false);
    expect(asked).toEqual([]);
  });

  it('are checked once at a time, and not again at once when they were refused', async () => {
    const claims = { iss: 'w', id: 'alice' };
    await Promise.all([principalOf(claims), principalOf(claims), principalOf(claims)]);
    expect(asked).toHaveLength(1);
    await principalOf(claims, 'forged');
    await principalOf(claims, 'forged');
    expect(asked).toHaveLength(2);
  });

  it.each([500, 404, 302, 429])('are not accepted by the answer %i', async (answer) => {
    status = answer;
    expect((await principalOf({ iss: 'w', id: 'alice' })).accepted).toBe(false);
  });
});
