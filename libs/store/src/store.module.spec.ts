import { temporaryStore, openStore } from '@manifold/store/testing';
import { SqliteStore } from './sqlite/sqlite-store.js';

jest.mock('mongoose', () => {
  throw new Error('Mongoose was loaded');
});

describe('StoreModule', () => {
  it('provides SQLite where no MongoDB is configured, and does not load Mongoose for it', async () => {
    const { store, close } = await temporaryStore();
    expect(store).toBeInstanceOf(SqliteStore);
    await close();
  });

  it('loads Mongoose where MongoDB is configured', async () => {
    await expect(openStore({ MONGO_URL: 'mongodb://127.0.0.1:1' })).rejects.toThrow('Mongoose was loaded');
  });
});
