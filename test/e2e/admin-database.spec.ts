import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { cites } from '../support/cite.js';
import { MongoStandIn } from '../support/mongo-stand-in/index.js';

const ADMIN = 'dist/apps/gateway/src/admin.js';
const KEY = ['create-key', '--name', 'me', '--roles', 'user'];

/** Runs the admin command where no gateway has run. */
async function admin(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [ADMIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

describe('the admin command', () => {
  let dataDir: string;

  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'manifold-admin-'))));
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it.each([[['list-keys']], [KEY], [['rotate-secrets']], [['backup', '--to', 'never.db']]])(
    cites('operation.admin-database', 'says which database it looked for, and makes none: %j'),
    async (args) => {
      const { code, stdout, stderr } = await admin({ DATA_DIR: dataDir }, ...args);

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr.split('\n')).toEqual([
        `Database: SQLite, ${dataDir}/manifold.db`,
        expect.stringMatching(/^There is no such database: .*DATA_DIR.*MONGO_URL.*--create-database/),
        '',
      ]);
      expect(readdirSync(dataDir)).toEqual([]);
    },
  );

  it(cites('operation.admin-database', 'makes it when it is told to, and prints nothing but the key'), async () => {
    const made = await admin({ DATA_DIR: dataDir }, ...KEY, '--create-database');
    const listed = await admin({ DATA_DIR: dataDir }, 'list-keys');

    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mfk_[\w-]{43}\n$/) });
    expect(listed.stdout.split('\t')[1]).toBe('me');
    expect(listed.stderr).toMatch(new RegExp(`^Database: SQLite, ${dataDir}/manifold.db$`, 'm'));
  });

  it(cites('operation.admin-database', 'does the same on MongoDB'), async () => {
    const standIn = new MongoStandIn();
    await standIn.start();
    const host = new URL(standIn.url).host;
    const env = { DATA_DIR: dataDir, MONGO_URL: standIn.url, MONGO_DBNAME: 'installation', SECRETS_DBNAME: 'vault' };
    const refused = await admin(env, ...KEY);
    const made = await admin(env, ...KEY, '--create-database');
    const listed = await admin(env, 'list-keys');
    await standIn.stop();

    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr.split('\n')).toEqual([
      `Database: MongoDB at ${host}, database installation`,
      expect.stringMatching(/^There is no such database: .*MONGO_URL.*MONGO_DBNAME.*--create-database/),
      '',
    ]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mfk_[\w-]{43}\n$/) });
    expect(listed.stdout.split('\t')[1]).toBe('me');
  });
});
