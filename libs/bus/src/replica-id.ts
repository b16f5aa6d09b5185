import { randomBytes } from 'node:crypto';

const LENGTH = 16;
const REPLICA_ID = /^[A-Za-z0-9_-]{16}$/;

/** Makes an id that no other process has had. It is part of ids that clients see, so it cannot be guessed and contains no information. */
export const newReplicaId = (): string => randomBytes(12).toString('base64url');

/**
 * Makes an id that starts with the id of the replica that owns the named object.
 * @param rest unique within that replica
 */
export const ownedId = (replica: string, rest: string): string => `${replica}${rest}`;

/**
 * Returns the id of the replica that owns the named object.
 * @returns undefined for an id that was not made by `ownedId`
 */
export function ownerOf(id: string): string | undefined {
  const replica = id.slice(0, LENGTH);
  return id.length > LENGTH && REPLICA_ID.test(replica) ? replica : undefined;
}
