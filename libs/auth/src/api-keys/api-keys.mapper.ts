import { invalidRequest } from '@manifold/rest';
import type { Stored } from '@manifold/store';
import type { ApiKeyRecord } from './api-key.record.js';
import type { ApiKeyDto } from './api-keys.dto.js';

/** Returns the public fields of a key: all fields except its hash. */
export function apiKeyView({ id, expiresAt, value: { hash: _hash, ...shown } }: Stored<ApiKeyRecord>): ApiKeyDto {
  return { id, ...shown, ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }) };
}

/** @throws ProblemError 400 for a time in the past: such a key would never be valid */
export function expiryOf(expiresAt: string | undefined, now: number): number | undefined {
  if (expiresAt === undefined) return undefined;
  const expiry = Date.parse(expiresAt);
  if (expiry > now) return expiry;
  const detail = 'expiresAt must be a time in the future';
  throw invalidRequest([{ pointer: '/expiresAt', code: 'isFuture', detail }]);
}
