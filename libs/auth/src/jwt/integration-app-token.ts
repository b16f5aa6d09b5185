import { principalKey, type Principal } from '../principal.js';
import { CredentialRefused } from '../unauthenticated.js';

type Claims = Readonly<Record<string, unknown>>;

/** The one provider that callers with an unverified token reach: its upstream verifies the token with each request. */
const PROVIDER = 'integration-app';

/** Whether a token has the form of an access token of Integration.app, in either generation. */
export const isAccessToken = ({ workspaceKey, iss, id }: Claims): boolean =>
  typeof workspaceKey === 'string' || (typeof iss === 'string' && typeof id === 'string');

/**
 * The user of a verified access token: `tenantKey` where the token names its workspace as `workspaceKey`, else `id`.
 *
 * A token without a user would make one principal of all who hold such tokens: it is refused. So is one that names another workspace in
 * either way: a secret may be shared by mistake, and then the signature alone proves too little (threat 5).
 * @throws CredentialRefused
 */
export function userOfAccessToken({ workspaceKey, tenantKey, iss, id }: Claims, workspace: string): unknown {
  const named = [workspaceKey, iss].filter((name) => name !== undefined);
  if (named.length === 0 || named.some((name) => name !== workspace)) {
    throw new CredentialRefused('The token is for another workspace');
  }
  return workspaceKey === undefined ? id : tenantKey;
}

/**
 * Who comes with an access token that nobody here can verify: nobody but the token itself, so each token is a principal of its own.
 *
 * Everybody can make such tokens up. Hence no role, and no provider but the one whose upstream checks the token.
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
