import type { IssuerConfig } from '@manifold/config';
import { isSubject, keptGroups, principalKey, type Principal, type Role } from '../principal.js';
import { CredentialRefused } from '../unauthenticated.js';
import { userOfAccessToken } from './integration-app-token.js';

/** Seconds by which the clocks of an issuer and the gateway may differ. */
export const CLOCK_TOLERANCE = 60;

/**
 * Makes the principal of a token whose signature, issuer, audience and times have been checked.
 *
 * The library accepts a token without `exp` for ever and one without `sub` for nobody: both are required here (threat 4).
 * The tenant is the issuer's, whatever the token says (threat 5).
 * @throws CredentialRefused
 */
export function principalOfClaims(
  claims: Readonly<Record<string, unknown>>,
  issuer: IssuerConfig,
  token: string,
): Principal {
  const subject = subjectOf(claims, issuer);
  const groups = issuer.rolesClaim === undefined ? [] : [claims[issuer.rolesClaim]].flat();
  const expiresAt = expiryOf(claims);
  if (!isSubject(subject)) throw new CredentialRefused('The token names no usable subject');
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

/** Epoch milliseconds. @throws CredentialRefused */
export function expiryOf({ exp }: Readonly<Record<string, unknown>>): number {
  if (typeof exp === 'number' && Number.isSafeInteger(Math.trunc(exp * 1000))) return exp * 1000;
  throw new CredentialRefused('The token has no usable exp');
}

function subjectOf(claims: Readonly<Record<string, unknown>>, issuer: IssuerConfig): unknown {
  const { sub, aud } = claims;
  switch (issuer.claims) {
    case 'integration-app':
      return userOfAccessToken(claims, issuer.issuer);
    case 'paragon':
      if (aud === undefined || [aud].flat().includes(issuer.audience)) return sub;
      throw new CredentialRefused('The token is for another project');
    case undefined: // the audience was checked with the signature: here it is required
      return sub;
  }
}

/** Whether a principal's credential has run out. @param now epoch milliseconds */
export function hasExpired({ method, expiresAt }: Principal, now: number): boolean {
  if (expiresAt === undefined) return false;
  return now >= expiresAt + (method === 'jwt' ? CLOCK_TOLERANCE * 1000 : 0);
}

/** @param groups the roles claim, as a list */
function rolesOf(groups: readonly unknown[], rolesByGroup: IssuerConfig['roles']): Role[] {
  const mapped = groups.flatMap((name) =>
    typeof name === 'string' && Object.hasOwn(rolesByGroup, name) ? rolesByGroup[name]! : [],
  );
  return [...new Set<Role>(['user', ...mapped])];
}
