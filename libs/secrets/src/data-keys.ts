import { Injectable } from '@nestjs/common';
import { Store, StoreConflictError, type Collection, type Stored } from '@manifold/store';

/** Data key, sealed under a master key. */
export type WrappedDataKey = {
  keyId: string;
  wrapped: string;
  /** Id of the master key. Missing if the key was wrapped before master keys had ids. */
  masterKeyId?: string;
};

/** Data key that seals no new text. `retiredAt`: time, in epoch milliseconds, from which no stored text needs it. */
export type PreviousDataKey = WrappedDataKey & { retiredAt?: number };

/**
 * All data keys of a store, in one record. Each step of a rotation is therefore one write, and a copy of the store contains the keys of its
 * texts. The top-level fields are the key in use.
 */
export type DataKeysRecord = WrappedDataKey & {
  /** Key of the next step. Every process must know it before any process seals under it. */
  next?: WrappedDataKey;
  previous?: PreviousDataKey[];
};

/** Id of the only record. If two processes create the keys of a store, only one can insert it. */
const RECORD_ID = 'data-key';

/** Reads and writes the stored data keys. Errors: those of the store. */
@Injectable()
export class DataKeys {
  private readonly records: Collection<DataKeysRecord>;

  constructor(store: Store) {
    this.records = store.collection<DataKeysRecord>({ name: 'keys', secret: true });
  }

  /** Returns the stored keys; undefined if nothing was ever sealed in this store. */
  async read(): Promise<DataKeysRecord | undefined> {
    return (await this.records.get(RECORD_ID))?.value;
  }

  /** @returns the keys that the store has from now on; another process may have created them first */
  async create(first: WrappedDataKey): Promise<DataKeysRecord> {
    try {
      return (await this.records.insert(first, { id: RECORD_ID })).value;
    } catch (error) {
      const winner = error instanceof StoreConflictError ? await this.read() : undefined;
      if (!winner) throw error;
      return winner;
    }
  }

  /**
   * Applies the change to the current keys, and applies it again if another process changed them meanwhile.
   * @param change returns undefined if there is nothing to do
   */
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
        // Another change succeeded first: apply this one again on top of it.
        if (!(error instanceof StoreConflictError)) throw error;
      }
    }
  }

  /** Withdraws an announced key before any process seals under it. */
  async refuse(keyId: string): Promise<void> {
    await this.change((keys) => (keys.next?.keyId === keyId ? { ...keys, next: undefined } : undefined));
  }

  private async stored(): Promise<Stored<DataKeysRecord>> {
    const stored = await this.records.get(RECORD_ID);
    if (!stored) throw new Error('The store has no data keys');
    return stored;
  }
}

/** Returns every key of the record: in use, announced and previous. */
export const allKeys = ({ next, previous = [], keyId, wrapped, masterKeyId }: DataKeysRecord): WrappedDataKey[] => [
  { keyId, wrapped, masterKeyId },
  ...(next ? [next] : []),
  ...previous,
];
