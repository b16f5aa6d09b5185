import { randomBytes } from 'node:crypto';

/** A name that no other process has had. It is a part of ids that clients see, so it cannot be guessed and says nothing. */
export const newReplicaId = (): string => randomBytes(12).toString('base64url');

export const REPLICA_ID = /^[A-Za-z0-9_-]{16}$/;
