import type { DataKeysRecord, PreviousDataKey, WrappedDataKey } from '../data-keys.js';

/** Step of a rotation, as a change of the stored keys. It is undefined if the step is already done, or another process is further. */
type Step = DataKeysRecord | undefined;

/** Returns whether a rotation has begun and is unfinished. */
export const isUnfinished = ({ next, previous = [] }: DataKeysRecord): boolean =>
  next !== undefined || previous.some(({ retiredAt }) => retiredAt === undefined);

/** Step 1: announces a new key, under which no process seals yet. */
export const announced = (keys: DataKeysRecord, next: WrappedDataKey): Step =>
  isUnfinished(keys) ? undefined : { ...keys, next };

/** Step 2: makes the announced key the key in use. */
export function promoted({ next, previous = [], keyId, wrapped, masterKeyId }: DataKeysRecord): Step {
  return next && { ...next, previous: [...previous, { keyId, wrapped, masterKeyId }] };
}

/**
 * Step 3: retires the older keys, because no stored text needs them any more.
 * @param inUse the key under which all stored texts were sealed
 */
export function retired(keys: DataKeysRecord, inUse: string, now: number): Step {
  if (keys.keyId !== inUse || !isUnfinished(keys)) return undefined;
  return { ...keys, previous: keys.previous?.map((key) => ({ ...key, retiredAt: key.retiredAt ?? now })) };
}

/** Returns the keys that were retired so long ago that no text under them is still valid. */
export const outdated = ({ previous = [] }: DataKeysRecord, now: number, graceMs: number): PreviousDataKey[] =>
  previous.filter(({ retiredAt = Infinity }) => retiredAt + graceMs <= now);

/** Step 4: removes the outdated keys. */
export function pruned(keys: DataKeysRecord, inUse: string, now: number, graceMs: number): Step {
  const gone = outdated(keys, now, graceMs);
  if (keys.keyId !== inUse || gone.length === 0) return undefined;
  return { ...keys, previous: keys.previous?.filter((key) => !gone.includes(key)) };
}
