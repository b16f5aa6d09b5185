import type { KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { ApiError } from './api-error.js';

/**
 * Returns the user of a request's Paragon User Token: RS256 with the project's key, `sub` and `exp` required, `aud` checked if present.
 * @throws ApiError 401
 */
export async function userOf(authorization: string | undefined, projectId: string, key: KeyObject): Promise<string> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw unauthorized('No Paragon User Token');
  const { sub, aud } = await claimsOf(token, key);
  if (aud !== undefined && aud !== `useparagon.com/${projectId}`)
    throw unauthorized('The token is for another project');
  if (sub === undefined || sub === '') throw unauthorized('The token names no user');
  return sub;
}

async function claimsOf(token: string, key: KeyObject) {
  try {
    return (await jwtVerify(token, key, { algorithms: ['RS256'], requiredClaims: ['sub', 'exp'] })).payload;
  } catch (error) {
    throw unauthorized((error as Error).message);
  }
}

const unauthorized = (message: string): ApiError => new ApiError(401, message, 'unauthorized');
