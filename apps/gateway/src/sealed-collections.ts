import { SEALED_AUDIT_KEY } from '@manifold/audit';
import { SEALED_OAUTH_RECORDS } from '@manifold/oauth';
import { SEALED_PACKAGES } from '@manifold/packages';
import { SEALED_SECRETS, type SealedRecords } from '@manifold/secrets';
import { SEALED_EVENTS } from '@manifold/transport';
import { SEALED_BACKEND_RECORDS } from './providers.js';

/** All sealed records that are stored: one line for each library. */
export const SEALED_COLLECTIONS: readonly SealedRecords[] = [
  SEALED_SECRETS,
  ...SEALED_OAUTH_RECORDS,
  ...SEALED_PACKAGES,
  SEALED_AUDIT_KEY,
  ...SEALED_BACKEND_RECORDS,
  SEALED_EVENTS,
];
