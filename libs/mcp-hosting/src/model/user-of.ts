import { principalKey, type Principal } from '@manifold/auth';
import type { ConnectionOwner } from '@manifold/oauth';

/** Returns a principal for the user of an account connection when no request of the user is present. It has only the role `user`. */
export const userOf = ({ tenant, issuer, subject }: ConnectionOwner['principal']): Principal => ({
  key: principalKey(tenant, issuer, subject),
  tenant,
  issuer,
  subject,
  roles: ['user'],
  method: 'jwt',
});
