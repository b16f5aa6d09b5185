import { Injectable } from '@nestjs/common';
import { Store, StoreConflict, type Collection, type Stored } from '@manifold/store';

/** A data key, sealed under a master key. */
export type WrappedDataKey = {
  keyId: string;
  wrapped: string;
  /** Missing where it was wrapped before master keys had ids. */
  masterKeyId?: string;
};

/** A key that nothing new is sealed under. `retiredAt`: epoch milliseconds from which on nothing stored needs it. */
export type PreviousDataKey = WrappedDataKey & { retiredAt?: number };

/**
 * All data keys of a store, in one record: each step of a rotation is one write, and a copy of the store has the keys of its texts.
 * On top of it is the key that texts are sealed under.
 */
export type DataKeysRecord = WrappedDataKey & {
  /** The key of the next step: to be known everywhere before anybody seals under it. */
  next?: WrappedDataKey;
  previous?: PreviousDataKey[];
};

/** Of two processes that make the keys of a store, only one can insert a record with this id. */
const RECORD_ID = 'data-key';

/** The stored data keys. Errors: those of the store. */
@Injectable()
export class DataKeys {
  private readonly records: Collection<DataKeysRecord>;

  constructor(store: Store) {
    this.records = store.collection<DataKeysRecord>({ name: 'keys', secret: true });
  }

  /** Undefined in a store where nothing was ever sealed. */
  async read(): Promise<DataKeysRecord | undefined> {
    return (await this.records.get(RECORD_ID))?.value;
  }

  /** @returns the keys that the store has from now on: another process may have been faster */
  async create(first: WrappedDataKey): Promise<DataKeysRecord> {
    try {
      return (await this.records.insert(first, { id: RECORD_ID })).value;
    } catch (error) {
      const winner = error instanceof StoreConflict ? await this.read() : undefined;
      if (!winner) throw error;
      return winner;
    }
  }

  /** Changes the keys as they are now, whoever changed them meanwhile. @param change gives undefined where nothing is to be done */
  async change(
    change: (keys: DataKeysRecord) => DataKeysRecord | undefined | Promise<DataKeysRecord | undefined>,
  ): Promise<DataKeysRecord> {
    for (;;) {
      const { revision, value } = await this.stored();
      const changed = await change(value);
      if (!changed) return value;
      try {
        return (await this.records.update(RECORD_ID, revision, changed)).value;
      } catch (error) {
        // Somebody else's change has succeeded: this one is made again on top of it.
        if (!(error instanceof StoreConflict)) throw error;
      }
    }
  }

  /** Takes an announced key back, before anybody seals under it. */
  async refuse(keyId: string): Promise<void> {
    await this.change((keys) => (keys.next?.keyId === keyId ? { ...keys, next: undefined } : undefined));
  }

  private async stored(): Promise<Stored<DataKeysRecord>> {
    const stored = await this.records.get(RECORD_ID);
    if (!stored) throw new Error('The store has no data keys');
    return stored;
  }
}

/** Every key of the record: in use, announced, and old. */
export const allKeys = ({ next, previous = [], keyId, wrapped, masterKeyId }: DataKeysRecord): WrappedDataKey[] => [
  { keyId, wrapped, masterKeyId },
  ...(next ? [next] : []),
  ...previous,
];
