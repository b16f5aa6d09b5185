import type { ConnectionOwner } from '../../src/tokens/connection-owner.js';
import { principal } from '@manifold/secrets/testing';

/** A user, at the server `files` unless told. */
export const user = (subject: string, server = 'files'): ConnectionOwner => ({ principal: principal(subject), server });
