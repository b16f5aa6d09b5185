import type { DataKeysRecord, PreviousDataKey, WrappedDataKey } from '../data-keys.js';

/** The steps of a rotation, as changes of the stored keys. Each gives undefined where it has been done, or somebody else is further. */
type Step = DataKeysRecord | undefined;

/** Whether a rotation has begun and did not come to its end. */
export const isUnfinished = ({ next, previous = [] }: DataKeysRecord): boolean =>
  next !== undefined || previous.some(({ retiredAt }) => retiredAt === undefined);

/** 1. A new key that nobody seals under yet. */
export const announced = (keys: DataKeysRecord, next: WrappedDataKey): Step =>
  isUnfinished(keys) ? undefined : { ...keys, next };

/** 2. It becomes the key in use. */
export function promoted({ next, previous = [], keyId, wrapped, masterKeyId }: DataKeysRecord): Step {
  return next && { ...next, previous: [...previous, { keyId, wrapped, masterKeyId }] };
}

/**
 * 3. Nothing that is stored needs the older keys any more.
 * @param inUse the key that everything was sealed under
 */
export function retired(keys: DataKeysRecord, inUse: string, now: number): Step {
  if (keys.keyId !== inUse || !isUnfinished(keys)) return undefined;
  return { ...keys, previous: keys.previous?.map((key) => ({ ...key, retiredAt: key.retiredAt ?? now })) };
}

/** Keys that were retired so long ago that no text under them is good for anything. */
export const outdated = ({ previous = [] }: DataKeysRecord, now: number, graceMs: number): PreviousDataKey[] =>
  previous.filter(({ retiredAt = Infinity }) => retiredAt + graceMs <= now);

/** 4. They go. */
export function pruned(keys: DataKeysRecord, inUse: string, now: number, graceMs: number): Step {
  const gone = outdated(keys, now, graceMs);
  if (keys.keyId !== inUse || gone.length === 0) return undefined;
  return { ...keys, previous: keys.previous?.filter((key) => !gone.includes(key)) };
}
