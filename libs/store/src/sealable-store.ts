import { Store, type Collection, type CollectionSpec, type Fields, type Sealer } from './collection.js';
import { SealedCollection } from './sealed-collection.js';
import type { TimeOrderedIds } from './time-ordered-ids.js';

/** A store that seals what collections declare as confidential. Databases extend it. */
export abstract class SealableStore extends Store {
  protected abstract readonly ids: TimeOrderedIds;
  private sealer?: Sealer;

  /** Returns the records as they are stored. */
  protected abstract plainCollection<T extends Fields>(spec: CollectionSpec<T>): Collection<T>;

  sealWith(sealer: Sealer): void {
    this.sealer = sealer;
  }

  collection<T extends Fields>(spec: CollectionSpec<T>): Collection<T> {
    return spec.confidential ? this.sealed(spec) : this.plainCollection(spec);
  }

  async sealExisting<T extends Fields>(spec: CollectionSpec<T>): Promise<number> {
    return spec.confidential ? this.sealed(spec).sealExisting() : 0;
  }

  private sealed<T extends Fields>(spec: CollectionSpec<T>): SealedCollection<T> {
    const plain = this.plainCollection(spec) as unknown as Collection<Fields>;
    return new SealedCollection<T>(plain, spec, this.ids, () => this.sealer);
  }
}
