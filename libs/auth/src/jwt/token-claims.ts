import type { IssuerConfig } from '@manifold/config';
import { isSubject, keptGroups, principalKey, type Principal, type Role } from '../principal.js';
import { CredentialError } from '../unauthenticated.js';
import { userOfAccessToken } from './integration-app-token.js';

/** Maximum difference, in seconds, between the clocks of an issuer and the gateway. */
export const CLOCK_TOLERANCE = 60;

/**
 * Creates the principal of a token whose signature, issuer, audience and times have been checked.
 *
 * The library would accept a token without `exp` forever and a token without `sub` for no particular user. Both claims are required here
 * (threat 4). The tenant is always the issuer's, whatever the token claims (threat 5).
 * @throws CredentialError
 */
export function principalOfClaims(
  claims: Readonly<Record<string, unknown>>,
  issuer: IssuerConfig,
  token: string,
): Principal {
  const subject = subjectOf(claims, issuer);
  const groups = issuer.rolesClaim === undefined ? [] : [claims[issuer.rolesClaim]].flat();
  const expiresAt = expiryOf(claims);
  if (!isSubject(subject)) throw new CredentialError('The token has no valid subject');
  return {
    key: principalKey(issuer.tenant, issuer.issuer, subject),
    tenant: issuer.tenant,
    issuer: issuer.issuer,
    subject,
    roles: rolesOf(groups, issuer.roles),
    groups: keptGroups(groups),
    method: 'jwt',
    credential: token,
    expiresAt,
  };
}

/**
 * Returns the expiry in epoch milliseconds.
 * @throws CredentialError
 */
export function expiryOf({ exp }: Readonly<Record<string, unknown>>): number {
  if (typeof exp === 'number' && Number.isSafeInteger(Math.trunc(exp * 1000))) return exp * 1000;
  throw new CredentialError('The token has no valid exp');
}

function subjectOf(claims: Readonly<Record<string, unknown>>, issuer: IssuerConfig): unknown {
  const { sub, aud } = claims;
  switch (issuer.claims) {
    case 'integration-app':
      return userOfAccessToken(claims, issuer.issuer);
    case 'paragon':
      if (aud === undefined || [aud].flat().includes(issuer.audience)) return sub;
      throw new CredentialError('The token is for another project');
    case undefined: // the audience was checked with the signature: here it is required
      return sub;
  }
}

/**
 * Maps the roles claim to roles. The result always contains `user`.
 * @param groups the values of the roles claim, as a list
 */
function rolesOf(groups: readonly unknown[], rolesByGroup: IssuerConfig['roles']): Role[] {
  const mapped = groups.flatMap((name) =>
    typeof name === 'string' && Object.hasOwn(rolesByGroup, name) ? rolesByGroup[name]! : [],
  );
  return [...new Set<Role>(['user', ...mapped])];
}
