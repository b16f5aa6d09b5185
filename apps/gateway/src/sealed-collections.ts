import { SEALED_AUDIT_KEY } from '@manifold/audit';
import { SEALED_OAUTH_RECORDS } from '@manifold/oauth';
import { SEALED_PACKAGES } from '@manifold/packages';
import { SEALED_SECRETS, type SealedRecords } from '@manifold/secrets';

/** Everything that is kept sealed for long, one line for each library that does. */
export const SEALED_COLLECTIONS: readonly SealedRecords[] = [
  SEALED_SECRETS,
  ...SEALED_OAUTH_RECORDS,
  SEALED_PACKAGES,
  SEALED_AUDIT_KEY,
];
