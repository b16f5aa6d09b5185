import type { CollectionSpec, Store } from '../../src/collection.js';

/** The records that the suite stores. */
export type Note = {
  owner: string;
  title: string;
  flag?: string | number | boolean | null;
  body?: string;
};

export const notes: CollectionSpec<Note> = {
  name: 'notes',
  indexes: [{ fields: ['owner', 'title'], unique: true }, { fields: ['owner'] }, { fields: ['flag'] }],
};

/** The stores that are open for the running test. */
export interface Stores {
  /** The test's first store. */
  store(): Store;
  /** One more store on the same data. */
  another(): Promise<Store>;
  /** Closes every store of the test and opens the data again. */
  restart(): Promise<Store>;
}
