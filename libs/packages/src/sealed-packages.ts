import { recordsWithConfidentialFields, type SealedRecords } from '@manifold/secrets';
import { SEALED_INDEXES } from './installs/package-runtimes.js';
import { JOBS } from './jobs/job-record.js';

/** Records of packages with sealed texts, for the rotation of keys. */
export const SEALED_PACKAGES: readonly SealedRecords[] = [SEALED_INDEXES, recordsWithConfidentialFields(JOBS)];
