import { principalKey, type Principal } from '@manifold/auth';

/** A user. Two of them are the same when tenant, issuer and subject are. */
export function principal(subject: string, issuer = 'https://one.test', tenant = 'default'): Principal {
  return { key: principalKey(tenant, issuer, subject), tenant, issuer, subject, roles: ['user'], method: 'jwt' };
}
