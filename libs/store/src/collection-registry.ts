import type { Collection, CollectionSpec, Fields } from './collection.js';
import { checkSpec } from './index-fields.js';

/** The collections of one store by name. A name stands for one table, so a second, different declaration is an error. */
export class CollectionRegistry<C> {
  private readonly collections = new Map<string, { readonly declaration: string; readonly collection: C }>();

  /** @throws Error for a spec that is not valid, or that contradicts an earlier one of the same name */
  obtain<T extends Fields>(spec: CollectionSpec<T>, create: () => C & Collection<T>): Collection<T> {
    const declaration = JSON.stringify(spec);
    const known = this.collections.get(spec.name);
    if (known && known.declaration !== declaration) throw new Error(`"${spec.name}" is declared twice, differently`);
    if (known) return known.collection as C & Collection<T>;
    checkSpec(spec);
    const collection = create();
    this.collections.set(spec.name, { declaration, collection });
    return collection;
  }

  all(): C[] {
    return [...this.collections.values()].map(({ collection }) => collection);
  }
}
