import { invalidRequest, Problem } from '@manifold/rest';
import { DEFAULT_USERNAME, hasRole, isSubject, principalKey, type Principal } from './principal.js';

/**
 * Who a REST call acts as: the one rule for its `username` parameter.
 *
 * Callers act as themselves. The role `service` acts for the users of its issuer, and as "default" when it names nobody
 * (the mcp-api specification's default). The result of acting for somebody has the role `user` only, and never the
 * caller's own credential: a provider must not forward a service's token as a user's.
 *
 * @throws Problem 403 `username_not_allowed`, 400 `invalid_request`
 */
export function actingUser(principal: Principal, username?: string): Principal {
  if (!hasRole(principal, 'service')) {
    if (username === undefined || username === principal.subject) return principal;
    throw new Problem(403, 'username_not_allowed', 'Only callers with the role "service" may act for other users');
  }
  const subject = username ?? DEFAULT_USERNAME;
  if (!isSubject(subject)) {
    const detail = 'username must be 1 to 256 printable characters';
    throw invalidRequest([{ pointer: '/username', code: 'isSubject', detail }]);
  }
  const { tenant, method, expiresAt } = principal;
  const issuer = principal.actsForIssuer ?? principal.issuer;
  const key = principalKey(tenant, issuer, subject);
  if (key === principal.key) return principal;
  return { key, tenant, issuer, subject, roles: ['user'], method, expiresAt };
}
