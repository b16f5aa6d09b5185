import { recordsWithConfidentialFields } from '@manifold/secrets';
import { EVENTS } from './event-records.js';

/** The events of streams, for the rotation of keys. */
export const SEALED_EVENTS = recordsWithConfidentialFields(EVENTS);
