import { principalKey } from '@manifold/auth';
import type { ServedTenant } from '@manifold/config';
import fc from '../../../../test/support/fuzz.js';
import { BackendUsers, type BackendCaller } from './backend-users.js';

const OWN = 'useparagon.com/p-1';
const IDP = 'https://idp.test';

const BY_DEFAULT: ServedTenant[] = [{ tenant: 'default', userId: 'subject' }];
const ACME: ServedTenant = { tenant: 'acme', userId: 'principal' };

const caller = (tenant: string, issuer = IDP, method: BackendCaller['method'] = 'jwt', subject = 'alice') => ({
  tenant,
  issuer,
  method,
  subject,
});
const usersOf = (served: readonly ServedTenant[]) => {
  const users = new BackendUsers(served, OWN);
  return (...of: Parameters<typeof caller>) => users.userOf(caller(...of));
};

describe('users of a hosted backend', () => {
  it('are the subjects of the tenant default, whatever their issuer', () => {
    const userOf = usersOf(BY_DEFAULT);
    expect([userOf('default'), userOf('default', 'manifold', 'api-key'), userOf('default', IDP, 'api-key')]).toEqual(
      Array(3).fill('alice'),
    );
    expect(userOf('default', 'manifold', 'development')).toBe('alice');
  });

  it.each<Parameters<typeof caller>>([
    ['acme'],
    ['acme', 'manifold', 'api-key'],
    ['acme', IDP, 'api-key'],
    ['acme', OWN],
    ['acme', OWN, 'api-key'],
    ['', 'manifold', 'api-key'],
    ['__proto__', 'manifold', 'api-key'],
  ])('are none of another tenant: %s %s %s', (...of) => {
    expect(usersOf(BY_DEFAULT)(...of)).toBeUndefined();
  });

  it('of another tenant that is served have ids of their own', () => {
    const userOf = usersOf([...BY_DEFAULT, ACME]);
    expect(userOf('default')).toBe('alice');
    expect(userOf('acme')).toBe('manifold:["acme","https://idp.test","alice"]');
    expect(userOf('acme', 'https://other.test')).not.toBe(userOf('acme'));
  });

  it.each(['manifold', IDP, OWN])('are never API keys of another tenant, for users of %s either', (issuer) => {
    expect(usersOf([...BY_DEFAULT, ACME])('acme', issuer, 'api-key')).toBeUndefined();
  });

  it('are those of the named issuers alone', () => {
    const userOf = usersOf([{ tenant: 'default', issuers: [IDP], userId: 'subject' }]);
    expect(userOf('default')).toBe('alice');
    expect(userOf('default', 'https://other.test')).toBeUndefined();
  });

  it('are API keys, for themselves and for others, only where their issuer is named', () => {
    const without = usersOf([{ tenant: 'default', issuers: [IDP], userId: 'subject' }]);
    for (const issuer of ['manifold', IDP, OWN]) expect(without('default', issuer, 'api-key')).toBeUndefined();
    const withKeys = usersOf([{ tenant: 'default', issuers: ['manifold'], userId: 'subject' }]);
    expect(withKeys('default', 'manifold', 'api-key')).toBe('alice');
    expect(withKeys('default', OWN, 'api-key')).toBe('alice');
    expect(withKeys('default', IDP, 'api-key')).toBeUndefined();
  });

  it('are the holders of tokens of the backend itself in any case', () => {
    expect(usersOf([])('default', OWN)).toBe('alice');
    expect(usersOf([{ tenant: 'default', userId: 'principal' }])('default', OWN)).toBe('alice');
    expect(usersOf([])('default', OWN, 'api-key')).toBeUndefined();
  });

  it('cannot name themselves so that they are a user of another tenant', () => {
    const userOf = usersOf([...BY_DEFAULT, ACME]);
    const id = userOf('acme')!;
    for (const issuer of [IDP, OWN]) expect(userOf('default', issuer, 'api-key', id)).not.toBe(id);
    expect(userOf('default', IDP, 'jwt', id)).not.toBe(id);
  });

  it('are another one for each tenant, issuer and subject, except that rule subject leaves the issuer out', () => {
    const text = fc.oneof(fc.constantFrom('alice', 'manifold:', 'manifold:["acme"', '"', '","'), fc.string());
    const tenants = fc.constantFrom('default', 'acme', 'globex');
    const someone = fc.record({
      tenant: tenants,
      issuer: text,
      subject: text,
      method: fc.constantFrom<BackendCaller['method'][]>('jwt', 'api-key'),
    });
    const served: ServedTenant[] = [...BY_DEFAULT, ACME, { tenant: 'globex', userId: 'principal' }];
    const users = new BackendUsers(served, OWN);
    const whole = ({ tenant, issuer, subject }: BackendCaller): string => principalKey(tenant, issuer, subject);
    fc.assert(
      fc.property(someone, someone, (one, other) => {
        const id = users.userOf(one);
        // The other one also calls itself what the first is called at the backend.
        for (const rival of [other, { ...other, subject: id ?? '' }]) {
          if (id === undefined || users.userOf(rival) !== id) continue;
          const bothDefault = one.tenant === 'default' && rival.tenant === 'default';
          expect((bothDefault && one.subject === rival.subject) || whole(one) === whole(rival)).toBe(true);
        }
      }),
    );
  });
});
