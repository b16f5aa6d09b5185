import { invalidRequest, ProblemError } from '@manifold/rest';
import { DEFAULT_USERNAME, hasRole, isSubject, principalKey, type Principal } from './principal.js';

/**
 * Returns the principal that a REST call acts as. This is the only place that evaluates its `username` parameter.
 *
 * Callers act as themselves. A caller with the role `service` acts for the users of its issuer, and for "default" if it names no user (the
 * mcp-api specification's default). The resulting principal has only the role `user` and never the caller's own credential: a provider must
 * not forward a service's token as a user's.
 *
 * @throws ProblemError 403 `username_not_allowed`, 400 `invalid_request`
 */
export function actingUser(principal: Principal, username?: string): Principal {
  if (!hasRole(principal, 'service')) {
    if (username === undefined || username === principal.subject) return principal;
    throw new ProblemError(403, 'username_not_allowed', 'Only callers with the role "service" may act for other users');
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
