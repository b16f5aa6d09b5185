import { Store, type Collection, type CollectionSpec, type Fields, type Sealer } from '@manifold/store';

type Operation = keyof Collection<Fields>;

/** A real store whose operations are counted, and can be held back. */
export class WatchedStore extends Store {
  /** The operations that were started, as `<collection>.<operation>`. */
  readonly operations: string[] = [];
  /** Called after an operation has run and before its caller hears of it. */
  beforeAnswer?: (operation: string) => Promise<void>;

  constructor(private readonly store: Store) {
    super();
  }

  get writes(): string[] {
    return this.operations.filter((operation) => /\.(insert|update|remove|removeWhere)$/.test(operation));
  }

  collection<T extends Fields>(spec: CollectionSpec<T>): Collection<T> {
    const collection = this.store.collection(spec);
    return new Proxy(collection, {
      get:
        (_, operation: Operation) =>
        async (...parameters: unknown[]) => {
          const name = `${spec.name}.${operation}`;
          this.operations.push(name);
          const run = collection[operation] as (...parameters: unknown[]) => Promise<unknown>;
          const result = await run.apply(collection, parameters);
          await this.beforeAnswer?.(name);
          return result;
        },
    });
  }

  sealWith(sealer: Sealer): void {
    this.store.sealWith(sealer);
  }

  sealExisting<T extends Fields>(spec: CollectionSpec<T>): Promise<number> {
    return this.store.sealExisting(spec);
  }

  wipeRemains(): Promise<void> {
    return this.store.wipeRemains();
  }

  ping(): Promise<void> {
    return this.store.ping();
  }
}
