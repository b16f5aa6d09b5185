import { principalKey, type Principal } from '@manifold/auth';
import type { ConnectionOwner } from '@manifold/oauth';

/** The user of a connection who is not there to call, with nothing but the role of a user. */
export const userOf = ({ tenant, issuer, subject }: ConnectionOwner['principal']): Principal => ({
  key: principalKey(tenant, issuer, subject),
  tenant,
  issuer,
  subject,
  roles: ['user'],
  method: 'jwt',
});
