import { invalidRequest } from '@manifold/rest';
import type { Stored } from '@manifold/store';
import { principalView } from '../principal.dto.js';
import type { ApiKeyRecord } from './api-key.record.js';
import type { ApiKeyDto } from './api-keys.dto.js';

/** Returns the public fields of a key: all fields except its hash. */
export function apiKeyView({
  id,
  expiresAt,
  value: { hash: _hash, createdBy, ...shown },
}: Stored<ApiKeyRecord>): ApiKeyDto {
  const expiry = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() };
  return { id, ...shown, createdBy: principalView(createdBy), ...expiry };
}

/** @throws ProblemError 400 for a time in the past: such a key would never be valid */
export function expiryOf(expiresAt: string | undefined, now: number): number | undefined {
  if (expiresAt === undefined) return undefined;
  const expiry = Date.parse(expiresAt);
  if (expiry > now) return expiry;
  const detail = 'expiresAt must be a time in the future';
  throw invalidRequest([{ pointer: '/expiresAt', code: 'isFuture', detail }]);
}
