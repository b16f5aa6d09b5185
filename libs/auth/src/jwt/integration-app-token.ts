import { isSubject, principalKey, type Principal } from '../principal.js';
import { CredentialError } from '../unauthenticated.js';

type Claims = Readonly<Record<string, unknown>>;

/** The only provider that callers with an unverified token can use. Its upstream verifies the token on each request. */
const PROVIDER = 'integration-app';

/**
 * Returns whether a caller has an access token of Integration.app, which the gateway has verified or passes on.
 * @param verified issuer of the tokens that the gateway verifies; undefined if there is none
 */
export const holdsAccessToken = ({ issuer, confinedTo }: Principal, verified: string | undefined): boolean =>
  issuer === verified || confinedTo === PROVIDER;

/** Returns whether a token has the form of an Integration.app access token, in either generation. */
export const isAccessToken = ({ workspaceKey, iss, id }: Claims): boolean =>
  typeof workspaceKey === 'string' || (typeof iss === 'string' && typeof id === 'string');

/**
 * Returns the user of a verified access token: `tenantKey` if the token names its workspace as `workspaceKey`, otherwise `id`.
 *
 * A token without a user is refused: all holders of such tokens would share one principal. A token that names another workspace, in either
 * claim, is refused too: if two workspaces share a secret by mistake, the signature alone does not prove the workspace (threat 5).
 * @throws CredentialError
 */
export function userOfAccessToken({ workspaceKey, tenantKey, iss, id }: Claims, workspace: string): unknown {
  const named = [workspaceKey, iss].filter((name) => name !== undefined);
  if (named.length === 0 || named.some((name) => name !== workspace)) {
    throw new CredentialError('The token is for another workspace');
  }
  return workspaceKey === undefined ? id : tenantKey;
}

/**
 * Returns the principal of an access token that Integration.app has accepted: the user that the token names, in the token's workspace.
 * Everybody can have a workspace there, so users of two workspaces are never the same. It can use no more than the token itself.
 * @param expiresAt epoch milliseconds
 * @returns undefined if the token names no user or no workspace
 */
export function acceptedPrincipal(
  token: string,
  { workspaceKey, tenantKey, iss, id, sub }: Claims,
  issuer: string,
  expiresAt: number,
): Principal | undefined {
  const isNewer = workspaceKey !== undefined;
  const [workspace, subject] = isNewer ? [workspaceKey, tenantKey ?? id ?? sub] : [iss, id ?? sub];
  // A token that names two workspaces could be accepted for one and count as a user of the other.
  if (isNewer && iss !== undefined && iss !== workspaceKey) return undefined;
  if (!isSubject(workspace) || !isSubject(subject)) return undefined;
  const ofWorkspace = `${issuer}/${workspace}`;
  return {
    key: principalKey('default', ofWorkspace, subject),
    tenant: 'default',
    issuer: ofWorkspace,
    subject,
    roles: [],
    method: 'jwt',
    credential: token,
    expiresAt,
    confinedTo: PROVIDER,
  };
}

/**
 * Returns the principal of an access token that neither the gateway nor Integration.app has verified. Each token is a principal of its own.
 *
 * Anyone can forge such a token. The principal therefore has no role and can use only the provider whose upstream checks the token.
 * @param digest SHA-256 of the token
 * @param expiresAt epoch milliseconds
 */
export function forwardedPrincipal(token: string, digest: string, issuer: string, expiresAt: number): Principal {
  return {
    key: principalKey('default', issuer, digest),
    tenant: 'default',
    issuer,
    subject: digest,
    roles: [],
    method: 'jwt',
    credential: token,
    expiresAt,
    confinedTo: PROVIDER,
  };
}
