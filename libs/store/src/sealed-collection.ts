import {
  StoreConflictError,
  StoreUnavailableError,
  type Collection,
  type CollectionSpec,
  type Confidential,
  type Fields,
  type FindOptions,
  type Sealed,
  type Sealer,
  type Stored,
  type WriteOptions,
} from './collection.js';
import { indexedFields } from './index-fields.js';
import type { TimeOrderedIds } from './time-ordered-ids.js';

/** Member of a stored record that holds its confidential part. */
const MEMBER = 'confidential';
/** Few enough that a page of the largest records is read in time. */
const PAGE = 50;

/** A collection whose confidential fields are stored sealed, bound to the collection and to the id of the record. */
export class SealedCollection<T extends Fields> implements Collection<T> {
  private readonly confidential: Confidential<T>;

  /**
   * @param inner the records as they are stored
   * @param sealer returns undefined while there are no keys
   */
  constructor(
    private readonly inner: Collection<Fields>,
    private readonly spec: CollectionSpec<T>,
    private readonly ids: TimeOrderedIds,
    private readonly sealer: () => Sealer | undefined,
  ) {
    this.confidential = spec.confidential!;
  }

  async get(id: string): Promise<Stored<T> | undefined> {
    const stored = await this.inner.get(id);
    return stored && this.opened(stored);
  }

  async find(where: Partial<T>, options?: FindOptions): Promise<Stored<T>[]> {
    const found = await this.inner.find(where, options);
    return Promise.all(found.map((stored) => this.opened(stored)));
  }

  async insert(value: T, options: WriteOptions & { readonly id?: string } = {}): Promise<Stored<T>> {
    const id = options.id ?? this.ids.next(Date.now());
    const content = await this.content(id, value);
    return this.written(await this.inner.insert(content, { ...options, id }), value);
  }

  async update(id: string, revision: number, value: T, options?: WriteOptions): Promise<Stored<T>> {
    return this.written(await this.inner.update(id, revision, await this.content(id, value), options), value);
  }

  remove(id: string): Promise<boolean> {
    return this.inner.remove(id);
  }

  removeWhere(where: Partial<T>): Promise<number> {
    return this.inner.removeWhere(where);
  }

  count(where?: Partial<T>): Promise<number> {
    return this.inner.count(where);
  }

  /** Seals the records that were written in the clear. A write by another process wins. @returns the number of sealed records */
  async sealExisting(): Promise<number> {
    let sealed = 0;
    for (let after: string | undefined; ;) {
      const page = await this.inner.find({}, { limit: PAGE, after });
      for (const stored of page) if (await this.sealOne(stored)) sealed += 1;
      if (page.length < PAGE) return sealed;
      after = page.at(-1)!.id;
    }
  }

  private async sealOne(stored: Stored<Fields> | undefined): Promise<boolean> {
    if (!stored || sealedPart(stored.value)) return false;
    const value = stored.value as T;
    if (this.confidential.split(value).confidential === undefined) return false;
    try {
      await this.update(stored.id, stored.revision, value);
      return true;
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      return this.sealOne(await this.inner.get(stored.id));
    }
  }

  private async content(id: string, value: T): Promise<Fields> {
    const { open, confidential } = this.confidential.split(value);
    if (confidential === undefined) return open;
    const lost = indexedFields(this.spec).find((field) => open[field] !== value[field]);
    if (lost !== undefined) throw new Error(`"${this.spec.name}" cannot be searched by ${lost}: it is confidential`);
    return { ...open, [MEMBER]: await this.keys.seal(JSON.stringify(confidential), this.contextOf(id)) };
  }

  private async opened(stored: Stored<Fields>): Promise<Stored<T>> {
    const { [MEMBER]: part, ...open } = stored.value;
    if (part === undefined) return stored as Stored<T>;
    const sealed = part as Sealed;
    try {
      const text = await this.keys.open(sealed, this.contextOf(stored.id));
      return { ...stored, keyId: sealed.keyId, value: this.confidential.join(open, JSON.parse(text)) };
    } catch (error) {
      if (error instanceof StoreUnavailableError || !this.sealer()) throw error;
      return { ...stored, keyId: sealed.keyId, value: open as T, isUnreadable: true };
    }
  }

  private written(stored: Stored<Fields>, value: T): Stored<T> {
    const keyId = sealedPart(stored.value)?.keyId;
    return { ...stored, ...(keyId !== undefined && { keyId }), value: JSON.parse(JSON.stringify(value)) as T };
  }

  private contextOf(id: string): string[] {
    return ['record', this.spec.name, id];
  }

  /** @throws Error while there are no keys, so that no confidential field is written in the clear */
  private get keys(): Sealer {
    const sealer = this.sealer();
    if (!sealer) throw new Error(`"${this.spec.name}" has confidential fields, and the store has no keys to seal them`);
    return sealer;
  }
}

const sealedPart = ({ [MEMBER]: sealed }: Fields): Sealed | undefined => sealed as Sealed | undefined;
