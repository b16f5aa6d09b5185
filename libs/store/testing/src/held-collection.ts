import { deferred } from '../../../../test/support/deferred.js';
import type { Collection, Fields } from '../../src/collection.js';

type Operation = keyof Collection<Fields>;

/** A collection whose operations are counted, and whose answers can be held back or replaced by errors. */
export interface HeldCollection<T extends Fields> {
  readonly collection: Collection<T>;
  /** The operations that were started. */
  readonly operations: Operation[];
  /** Holds back the answer of the next read. It has already been read when `reached` resolves. */
  holdRead(): { readonly reached: Promise<void>; release(): void };
  /** Fails the answers of these operations, which have taken effect; undefined ends that. */
  fail(operations: readonly Operation[] | undefined): void;
}

export function heldCollection<T extends Fields>(real: Collection<T>): HeldCollection<T> {
  const operations: Operation[] = [];
  const holds: { reached(): void; readonly until: Promise<void> }[] = [];
  let failing: readonly Operation[] = [];
  const collection = new Proxy(real, {
    get:
      (_, operation: Operation) =>
      async (...parameters: unknown[]) => {
        operations.push(operation);
        const run = real[operation] as (...parameters: unknown[]) => Promise<unknown>;
        const result = await run.apply(real, parameters);
        if (failing.includes(operation)) throw new Error('cut');
        const hold = operation === 'find' || operation === 'get' ? holds.shift() : undefined;
        hold?.reached();
        await hold?.until;
        return result;
      },
  });
  return {
    collection,
    operations,
    holdRead: () => {
      const [reached, until] = [deferred<void>(), deferred<void>()];
      holds.push({ reached: () => reached.resolve(), until: until.promise });
      return { reached: reached.promise, release: () => until.resolve() };
    },
    fail: (wanted = []) => void (failing = wanted),
  };
}
