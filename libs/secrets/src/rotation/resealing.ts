import {
  Store,
  StoreConflictError,
  StoreUnavailableError,
  type Collection,
  type Fields,
  type Stored,
} from '@manifold/store';
import type { Keyring } from '../keyring.js';
import type { SealedRecords } from '../sealed-records.js';

/** Records per read. */
const PAGE = 200;
/** Minimum milliseconds between two progress lines. */
const NOTE_EVERY_MS = 1000;
/** Records that are written concurrently. */
const PARALLEL = 16;

/** Number of records of a collection that hold sealed texts, and of those with a text that is not under the key in use. */
export interface SealedCount {
  readonly collection: string;
  readonly records: number;
  readonly others: number;
}

type Outcome = 'resealed' | 'overtaken' | 'unreadable';

/** Seals stored texts under the key in use. It stores no progress: the records with a text under another key are what remains to do. */
export class Resealing {
  /** `<collection> <id>` of each record that does not open. Such records stay unchanged. */
  readonly unreadable = new Set<string>();
  private resealed = 0;
  private lastNote = -Infinity;

  /** @param note receives the progress lines */
  constructor(
    private readonly store: Store,
    private readonly keyring: Keyring,
    private readonly note: (line: string) => void,
  ) {}

  /**
   * Reseals until the only records left under another key are those that do not open.
   * @returns the number of resealed records
   */
  async finish(collections: readonly SealedRecords[]): Promise<number> {
    const before = this.resealed;
    for (let isDone = false; !isDone;) {
      isDone = true;
      for (const collection of collections) if (await this.pass(collection)) isDone = false;
    }
    return this.resealed - before;
  }

  async count(sealed: SealedRecords): Promise<SealedCount> {
    let records = 0;
    let others = 0;
    for await (const page of pages(this.store.collection(sealed.spec))) {
      const keyIds = page.map((record) => sealed.keyIds(record.value, record)).filter((ids) => ids.length > 0);
      records += keyIds.length;
      others += keyIds.filter((ids) => ids.some((id) => id !== this.keyring.current)).length;
    }
    return { collection: sealed.spec.name, records, others };
  }

  /** @returns whether any record had to be resealed */
  private async pass(sealed: SealedRecords): Promise<boolean> {
    const records = this.store.collection(sealed.spec);
    let hadWork = false;
    for await (const page of pages(records)) {
      const left = page.filter((record) => this.isLeft(sealed, record));
      hadWork ||= left.length > 0;
      for (let at = 0; at < left.length; at += PARALLEL) {
        await Promise.all(left.slice(at, at + PARALLEL).map((record) => this.reseal(sealed, records, record)));
      }
      if (left.length > 0) this.progress(sealed.spec.name);
    }
    return hadWork;
  }

  private progress(name: string): void {
    if (performance.now() < this.lastNote + NOTE_EVERY_MS) return;
    this.lastNote = performance.now();
    this.note(`${this.resealed} records sealed anew, now those of ${name}`);
  }

  private isLeft(sealed: SealedRecords, record: Stored<Fields>): boolean {
    const isOther = (keyId: string): boolean => keyId !== this.keyring.current;
    return (
      sealed.keyIds(record.value, record).some(isOther) && !this.unreadable.has(`${sealed.spec.name} ${record.id}`)
    );
  }

  private async reseal(sealed: SealedRecords, records: Collection<Fields>, record: Stored<Fields>): Promise<void> {
    const outcome = await this.attempt(sealed, records, record);
    if (outcome === 'resealed') this.resealed += 1;
    if (outcome === 'unreadable') this.unreadable.add(`${sealed.spec.name} ${record.id}`);
  }

  /**
   * Reseals one record. If another write changes the record at the same time, that write wins, and the next pass checks the record again.
   */
  private async attempt(
    sealed: SealedRecords,
    records: Collection<Fields>,
    { id, revision, value, isUnreadable }: Stored<Fields>,
  ): Promise<Outcome> {
    if (isUnreadable) return 'unreadable';
    let changed: Fields;
    try {
      changed = await sealed.resealed(value, this.keyring);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      return 'unreadable';
    }
    try {
      await records.update(id, revision, changed);
      return 'resealed';
    } catch (error) {
      if (error instanceof StoreConflictError) return 'overtaken';
      throw error;
    }
  }
}

async function* pages(records: Collection<Fields>): AsyncGenerator<Stored<Fields>[]> {
  for (let after: string | undefined; ;) {
    const page = await records.find({}, { limit: PAGE, after });
    yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.id;
  }
}
