import { ProblemError } from '@manifold/rest';
import { actingUser } from './acting-user.js';
import { LOCAL_ISSUER, principalKey, ROLES, type Principal, type Role } from './principal.js';

function principal(subject: string, roles: readonly Role[], more: Partial<Principal> = {}): Principal {
  const { tenant = 'acme', issuer = LOCAL_ISSUER } = more;
  const key = principalKey(tenant, issuer, subject);
  return { key, tenant, issuer, subject, roles, method: 'api-key', credential: 'a-token', ...more };
}

function refusalOf(action: () => unknown): Partial<ProblemError> {
  try {
    action();
  } catch (error) {
    return { status: (error as ProblemError).status, code: (error as ProblemError).code };
  }
  throw new Error('It was not refused');
}

describe('The user that a REST call acts as', () => {
  const alice = principal('alice', ['user', 'operator', 'admin']);
  const service = principal('ci', ['user', 'service'], { expiresAt: 5000 });

  it('is oneself when no username is given', () => {
    expect(actingUser(alice)).toBe(alice);
  });

  it('is oneself when the own username is given', () => {
    expect(actingUser(alice, 'alice')).toBe(alice);
    expect(actingUser(service, 'ci')).toBe(service);
  });

  it('cannot be somebody else, not even for an admin and not even for "default"', () => {
    expect(refusalOf(() => actingUser(alice, 'bob'))).toEqual({ status: 403, code: 'username_not_allowed' });
    expect(refusalOf(() => actingUser(alice, 'default'))).toEqual({ status: 403, code: 'username_not_allowed' });
    expect(refusalOf(() => actingUser(alice, ''))).toEqual({ status: 403, code: 'username_not_allowed' });
  });

  it('is whom a service names, in its tenant, as a plain user without the credential of the service', () => {
    const bob = actingUser(service, 'bob');
    expect(bob).toEqual({
      key: principalKey('acme', LOCAL_ISSUER, 'bob'),
      tenant: 'acme',
      issuer: LOCAL_ISSUER,
      subject: 'bob',
      roles: ['user'],
      method: 'api-key',
      expiresAt: 5000,
    });
    expect('credential' in bob).toBe(false);
  });

  it('is "default" for a service that names nobody', () => {
    expect(actingUser(service).key).toBe(principalKey('acme', LOCAL_ISSUER, 'default'));
  });

  it('is a user of the issuer that a service key acts for, also where the name is the name of the key', () => {
    const remote = principal('ci', ['user', 'service'], { actsForIssuer: 'https://idp.test' });
    expect(actingUser(remote, 'bob').key).toBe(principalKey('acme', 'https://idp.test', 'bob'));
    expect(actingUser(remote).key).toBe(principalKey('acme', 'https://idp.test', 'default'));
    expect(actingUser(remote, 'ci').key).toBe(principalKey('acme', 'https://idp.test', 'ci'));
  });

  it('is a user of its own issuer for a service with a token', () => {
    const token = principal('robot', ['user', 'service'], { issuer: 'https://idp.test', method: 'jwt' });
    expect(actingUser(token, 'bob').key).toBe(principalKey('acme', 'https://idp.test', 'bob'));
  });

  it('is anybody for the single user of development, who stays what it is by itself', () => {
    const single = principal('default', ROLES, { method: 'development' });
    expect(actingUser(single)).toBe(single);
    expect(actingUser(single, 'bob').key).toBe(principalKey('acme', LOCAL_ISSUER, 'bob'));
  });

  it.each(['', 'a\nb', 'a\u0000', 'x'.repeat(257), 'a\u2028b', 'a\u202eb'])('refuses the username %j', (username) => {
    expect(refusalOf(() => actingUser(service, username))).toEqual({ status: 400, code: 'invalid_request' });
  });
});
