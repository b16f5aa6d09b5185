import { StoreConflictError, type Collection, type Fields, type Stored } from './collection.js';

/**
 * Maximum number of attempts to change one record. An attempt fails only if another write of the same record succeeds first, so the limit
 * is the number of writers that may change one record at the same time. Tens of them are plausible, and a hundred attempts end within
 * seconds. More attempts mean that something writes the record without end.
 */
const CHANGE_ATTEMPTS = 100;

/** Place of a record: its id, or fields that no other record has (those of a unique index). */
export type RecordPlace<T extends Fields> = string | Partial<T>;

/**
 * Changes one record, or creates it. After a conflict with another write, the change is applied again to the new state.
 * @param next receives the current value, or undefined if there is no record. It may be called several times. If it returns undefined,
 *   nothing is written
 * @returns the record that was written; undefined if nothing was
 * @throws StoreConflictError when 100 attempts have failed
 */
export async function changeRecord<T extends Fields>(
  collection: Collection<T>,
  place: RecordPlace<T>,
  next: (value: T | undefined) => T | undefined,
): Promise<Stored<T> | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const known = await recordAt(collection, place);
      const value = next(known?.value);
      if (value === undefined) return undefined;
      if (known) return await collection.update(known.id, known.revision, value);
      return await collection.insert(value, typeof place === 'string' ? { id: place } : {});
    } catch (error) {
      if (!(error instanceof StoreConflictError) || attempt === CHANGE_ATTEMPTS) throw error;
    }
  }
}

async function recordAt<T extends Fields>(
  collection: Collection<T>,
  place: RecordPlace<T>,
): Promise<Stored<T> | undefined> {
  return typeof place === 'string' ? collection.get(place) : (await collection.find(place))[0];
}
