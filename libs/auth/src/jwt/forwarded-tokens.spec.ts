import { hash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forge } from '@manifold/auth/testing';
import { Egress } from '@manifold/egress';
import { testEgress } from '@manifold/egress/testing';
import { ProblemError } from '@manifold/rest';
import { eventually } from '../../../../test/support/eventually.js';
import { ForwardedTokens } from './forwarded-tokens.js';

const ISSUER = 'integration.app';
/** No check of a test is to end because the machine is busy. */
const LIMIT_MS = 300_000;
const later = (): number => Date.now() + 3_600_000;
const tokenOf = (claims: Record<string, unknown>, signature = 'good'): string =>
  forge({ alg: 'HS256' }, claims, () => Buffer.from(signature));

describe('Access tokens that are passed on to Integration.app', () => {
  let api: Server;
  let egress: Egress;
  let tokens: ForwardedTokens;
  let status: number | undefined;
  let asked: string[];
  /** Answers that wait, while the API holds them back. */
  let held: (() => void)[] | undefined;
  let charged: string[];
  let refusal: ProblemError | undefined;

  beforeEach(async () => {
    [status, asked, held, charged, refusal] = [undefined, [], undefined, [], undefined];
    api = createServer((request, response) => {
      const token = request.headers.authorization!.replace('Bearer ', '');
      asked.push(token);
      const isGood = Buffer.from(token.split('.')[2]!, 'base64url').toString() === 'good';
      const answer = () =>
        response.writeHead(status ?? (isGood ? 200 : 401), { 'content-type': 'application/json' }).end('{"items":[]}');
      if (held) held.push(answer);
      else answer();
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => api.once('listening', listening));
    egress = testEgress();
    const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const wrongCredential = (address: string) => {
      charged.push(address);
      return refusal;
    };
    tokens = new ForwardedTokens({ apiUrl, issuer: ISSUER }, egress, { wrongCredential }, LIMIT_MS);
  });
  afterEach(async () => {
    await egress.onApplicationShutdown();
    await new Promise((closed) => api.close(closed));
  });

  const principalOf = async (
    claims: Record<string, unknown>,
    signature?: string,
    expiresAt = later(),
    address = '192.0.2.1',
  ) => {
    const token = tokenOf(claims, signature);
    return tokens.principalOf(token, hash('sha256', token, 'base64url'), { ...claims }, expiresAt, address);
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

  it('count as wrong credentials of the address, once for each check that did not end well', async () => {
    const claims = { iss: 'w', id: 'alice' };
    await principalOf(claims);
    expect(charged).toEqual([]);
    await Promise.all([principalOf(claims, 'forged'), principalOf(claims, 'forged')]);
    await principalOf(claims, 'forged');
    status = 500;
    await principalOf({ ...claims, name: 'another' });
    expect(charged).toEqual(['192.0.2.1', '192.0.2.1']);
  });

  it('are refused after too many from the address, unless they are good or nobody answered', async () => {
    refusal = new ProblemError(429, 'rate_limited', 'Too many wrong credentials');
    await expect(principalOf({ iss: 'w', id: 'alice' }, 'forged')).rejects.toBe(refusal);
    expect((await principalOf({ iss: 'w', id: 'alice' })).accepted).toBe(true);
    status = 503;
    expect((await principalOf({ iss: 'w', id: 'bob' })).accepted).toBe(false);
  });

  it('of one address do not take the places of others, and places become free again', async () => {
    held = [];
    const flood = Array.from({ length: 60 }, (_, index) =>
      principalOf({ iss: 'w', id: 'alice' }, `forged ${index}`, later(), `2001:db8::${index + 1}`),
    );
    const real = principalOf({ iss: 'w', id: 'bob' }, 'good', later(), '192.0.2.2');
    await eventually('ten checks of one address and one of another', () => asked.length >= 11);
    expect(asked).toHaveLength(11);
    expect((await principalOf({ iss: 'w', id: 'carol' }, 'good', later(), '2001:db8::a')).accepted).toBe(false);
    held.forEach((answer) => answer());
    held = undefined;
    expect((await real).accepted).toBe(true);
    expect((await Promise.all(flood)).some(({ accepted }) => accepted)).toBe(false);
    expect((await principalOf({ iss: 'w', id: 'carol' }, 'good', later(), '2001:db8::a')).accepted).toBe(true);
  });

  it.each([500, 404, 302, 429])('are not accepted by the answer %i', async (answer) => {
    status = answer;
    expect((await principalOf({ iss: 'w', id: 'alice' })).accepted).toBe(false);
  });
});
