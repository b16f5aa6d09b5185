import { randomBytes } from 'node:crypto';

const LENGTH = 16;
const REPLICA_ID = /^[A-Za-z0-9_-]{16}$/;

/** A name that no other process has had. It is a part of ids that clients see, so it cannot be guessed and says nothing. */
export const newReplicaId = (): string => randomBytes(12).toString('base64url');

/** An id that says which replica has what it names. @param rest unique there */
export const ownedId = (replica: string, rest: string): string => `${replica}${rest}`;

/** @returns undefined for what is no such id */
export function ownerOf(id: string): string | undefined {
  const replica = id.slice(0, LENGTH);
  return id.length > LENGTH && REPLICA_ID.test(replica) ? replica : undefined;
}
