import type { SealedRecords } from '@manifold/secrets';
import { SEALED_CLIENTS } from './clients/client-registration.js';
import { SEALED_MANUAL_CLIENTS } from './clients/manual-clients.js';
import { SEALED_TOKENS } from './tokens/token-vault.js';

/** Collections with long-lived sealed records. Links and pending flows are not included, because they expire. */
export const SEALED_OAUTH_RECORDS: readonly SealedRecords[] = [SEALED_CLIENTS, SEALED_MANUAL_CLIENTS, SEALED_TOKENS];
