import type { SealedRecords } from '@manifold/secrets';
import { SEALED_CLIENTS } from './client-registration.js';
import { SEALED_MANUAL_CLIENTS } from './manual-clients.js';
import { SEALED_TOKENS } from './token-vault.js';

/** What OAuth keeps sealed for long. Links and pending flows end by themselves. */
export const SEALED_OAUTH_RECORDS: readonly SealedRecords[] = [SEALED_CLIENTS, SEALED_MANUAL_CLIENTS, SEALED_TOKENS];
