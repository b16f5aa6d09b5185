import type { CollectionSpec } from '@manifold/store';
import type { Role } from '../principal.js';

/** What is stored of an API key. Its expiry is the record's. */
export type ApiKeyRecord = {
  hash: string;
  /** The subject of its principal, unique in the tenant. */
  name: string;
  tenant: string;
  /** Whose users it acts for, if it has the role `service`. */
  issuer: string;
  roles: Role[];
  /** Keys that were made before there were groups have none of this. */
  groups?: string[];
  /** ISO 8601. */
  createdAt: string;
  /** The creator's `Principal.key`, or the name of a command. */
  createdBy: string;
};

export const API_KEYS: CollectionSpec<ApiKeyRecord> = {
  name: 'api_keys',
  indexes: [{ fields: ['hash'], unique: true }, { fields: ['tenant', 'name'], unique: true }, { fields: ['tenant'] }],
};
