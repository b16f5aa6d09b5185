import { databaseName } from './database.js';

describe('the name of the database', () => {
  it('is the file of SQLite', () => {
    expect(databaseName({ dataDir: '/data' })).toBe('SQLite, /data/manifold.db');
  });

  it.each([
    ['mongodb://db:27017/', 'db:27017'],
    ['mongodb+srv://user:hunter2@cluster.example.com/?w=majority', 'cluster.example.com'],
    ['mongodb://user:hunter2@a:1,b:2/?replicaSet=rs0', 'a:1,b:2'],
    ['mongodb://user:hunt@er2/hunter2@db', 'db'],
    ['mongodb://user:hunter2?hunter2@db?x=1', 'db'],
  ])('is of MongoDB its hosts, never a password: %s', (url, hosts) => {
    const name = databaseName({ dataDir: '/data', mongo: { url, dbName: 'mcp', secretsDbName: 'mcp' } });
    expect(name).toBe(`MongoDB at ${hosts}, database mcp`);
  });
});
