import type { CollectionSpec } from '@manifold/store';
import type { Role } from '../principal.js';

/** Stored data of an API key. The expiry of the record is the expiry of the key. */
export type ApiKeyRecord = {
  hash: string;
  /** Subject of the key's principal, unique in the tenant. */
  name: string;
  tenant: string;
  /** Issuer of the users the key acts for, if it has the role `service`. */
  issuer: string;
  roles: Role[];
  /** Groups of the key. Missing in keys that were created before groups existed. */
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
