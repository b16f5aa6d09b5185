import { jwtVerify, type JWTPayload } from 'jose';
import { errorOf, type ApiError } from './api-error.js';
import type { Workspace } from './workspace.js';

/**
 * Returns the user of a request's access token, of either generation: signed for this workspace, with an expiry.
 * @throws ApiError 401
 */
export async function userOf(authorization: string | undefined, workspace: Workspace): Promise<string> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw unauthenticated('No access token');
  const { iss, id, workspaceKey, tenantKey } = await claimsOf(token, workspace);
  if ((workspaceKey ?? iss) !== workspace.key) throw unauthenticated('The token is for another workspace');
  const user = workspaceKey === undefined ? id : tenantKey;
  if (typeof user !== 'string' || user === '') throw unauthenticated('The token names no user');
  return user;
}

async function claimsOf(token: string, { verificationKey, algorithms }: Workspace): Promise<JWTPayload> {
  try {
    const options = { algorithms: [...algorithms], requiredClaims: ['exp'] };
    return (await jwtVerify(token, verificationKey, options)).payload;
  } catch (error) {
    throw unauthenticated((error as Error).message);
  }
}

const unauthenticated = (message: string): ApiError => errorOf(401, message);
