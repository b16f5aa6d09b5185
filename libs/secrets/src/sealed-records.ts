import type { CollectionSpec, Fields, Stored } from '@manifold/store';
import type { Keyring } from './keyring.js';

/**
 * Declaration of a collection of long-lived records with sealed texts, for the key rotation. The owner of the collection declares it, and
 * the admin command lists it.
 *
 * Texts that are valid for less than a day (pending flows, states that clients carry) are not resealed, because their key is kept longer
 * than that.
 */
export interface SealedRecords<T extends Fields = Fields> {
  readonly spec: CollectionSpec<T>;
  /** Returns the ids of the keys under which the record's texts are sealed; an empty list if it has no text. */
  keyIds(value: T, stored: Pick<Stored<T>, 'keyId'>): readonly string[];
  /**
   * Returns the record with its texts sealed under the key in use.
   * @throws Error if a text does not open; errors of the store
   */
  resealed(value: T, keyring: Keyring): Promise<T>;
}

/** Returns the declaration without its record type. */
export function sealedRecords<T extends Fields>(declared: SealedRecords<T>): SealedRecords {
  // Records read from a collection are passed only to the functions of the same declaration.
  return declared as unknown as SealedRecords;
}

/** Record with exactly one sealed text, the most common form. */
type OneText = Fields & { keyId: string; sealed: string };

/**
 * Declares a collection whose records have exactly one sealed text.
 * @param contextOf returns the context with which the owner seals the text of a record
 */
export const recordsWithOneText = <T extends OneText>(
  spec: CollectionSpec<T>,
  contextOf: (value: T) => readonly string[],
): SealedRecords =>
  sealedRecords<T>({
    spec,
    keyIds: ({ keyId }) => [keyId],
    resealed: async (value, keyring) => {
      const context = contextOf(value);
      return { ...value, ...keyring.seal(await keyring.open(value, context), context) };
    },
  });

/** Declares a collection with confidential fields. The store seals them under the key in use with each write. */
export const recordsWithConfidentialFields = <T extends Fields>(spec: CollectionSpec<T>): SealedRecords =>
  sealedRecords<T>({
    spec,
    keyIds: (_, { keyId }) => (keyId === undefined ? [] : [keyId]),
    resealed: (value) => Promise.resolve(value),
  });
