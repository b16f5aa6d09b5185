import type { CollectionSpec, Fields } from '@manifold/store';
import type { Keyring } from './keyring.js';

/**
 * A collection of records that hold sealed texts and stay: what a rotation of keys has to know of it. The owner of the collection declares
 * it, and the admin command lists it. Texts that are good for less than a day (pending flows, states that clients carry) are not sealed
 * anew: their key is kept for longer than that.
 */
export interface SealedRecords<T extends Fields = Fields> {
  readonly spec: CollectionSpec<T>;
  /** Under which keys the texts of a record are sealed; none: it has no text. */
  keyIds(value: T): readonly string[];
  /** The same record with its texts sealed under the key in use. @throws Error where one does not open; errors of the store */
  resealed(value: T, keyring: Keyring): Promise<T>;
}

/** The same, whatever the records are. */
export function sealedRecords<T extends Fields>(declared: SealedRecords<T>): SealedRecords {
  // What is read from a collection is given back to the functions of the same declaration only.
  return declared as unknown as SealedRecords;
}

/** How most records hold their one text. */
type OneText = Fields & { keyId: string; sealed: string };

/** @param contextOf what the text of a record belongs to, as its owner seals it */
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
