import { exerciseCacheMemories } from './exercise-cache-memories.js';
import { exerciseCaches } from './exercise-caches.js';
import { exerciseChanges } from './exercise-changes.js';
import { exerciseConcurrency } from './exercise-concurrency.js';
import { exerciseConfidential } from './exercise-confidential.js';
import { exerciseExpiry } from './exercise-expiry.js';
import { exerciseRecords } from './exercise-records.js';
import { exerciseValues } from './exercise-values.js';
import type { Stores } from './notes.js';
import type { OpenStore } from './open-store.js';

/** A database that starts empty, for one test. */
export interface DatabaseUnderTest {
  /** Opens one more store on the same data. The suite closes it. */
  open(): Promise<OpenStore>;
  /** Ends the database; every store has been closed. */
  dispose(): Promise<void>;
}

/** The contract of `Store` and `Collection`, as every database must keep it. */
export function exerciseStore(name: string, start: () => Promise<DatabaseUnderTest>): void {
  describe(`${name} keeps the contract of the store`, () => {
    let database: DatabaseUnderTest;
    let opened: OpenStore[];

    const open = async () => {
      opened.push(await database.open());
      return opened[opened.length - 1].store;
    };
    const closeAll = async () => {
      for (const { close } of opened.splice(0)) await close();
    };

    beforeEach(async () => {
      opened = [];
      database = await start();
      await open();
    });

    afterEach(async () => {
      await closeAll();
      await database.dispose();
    });

    const stores: Stores = {
      store: () => opened[0].store,
      another: open,
      restart: async () => {
        await closeAll();
        return open();
      },
    };
    exerciseRecords(stores);
    exerciseValues(stores);
    exerciseExpiry(stores);
    exerciseConcurrency(stores);
    exerciseChanges(stores);
    exerciseConfidential(stores);
    exerciseCaches(stores);
    exerciseCacheMemories(stores);
  });
}
