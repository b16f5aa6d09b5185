import { SERVER_SESSIONS, SERVERS } from '@manifold/mcp-hosting';
import { recordsWithConfidentialFields, type SealedRecords } from '@manifold/secrets';

/** Records of servers with confidential fields, for the rotation of keys. */
export const SEALED_SERVERS: readonly SealedRecords[] = [
  recordsWithConfidentialFields(SERVERS),
  recordsWithConfidentialFields(SERVER_SESSIONS),
];
