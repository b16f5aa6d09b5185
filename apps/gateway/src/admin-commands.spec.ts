import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Command } from 'commander';
import { ApiKeyModule, ApiKeyService } from '@manifold/auth';
import { BusModule } from '@manifold/bus';
import { ConfigModule, loadConfig } from '@manifold/config';
import { backUpSqlite, StoreModule } from '@manifold/store';
import { adminProgram } from './admin-commands.js';
import type { CommandEntry } from './audited-action.js';

@Module({})
class SpecModule {}

describe('The admin command', () => {
  let dataDir: string;
  let context: INestApplicationContext;
  let keys: ApiKeyService;
  let printed: string[];
  let noted: string[];
  let checked: boolean[];
  let recorded: Omit<CommandEntry, 'ms'>[];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'manifold-admin-'));
    const imports = [ConfigModule.forRoot(loadConfig({ DATA_DIR: dataDir })), StoreModule, BusModule, ApiKeyModule];
    context = await NestFactory.createApplicationContext({ module: SpecModule, imports }, { logger: false });
    keys = context.get(ApiKeyService, { strict: false });
    printed = [];
    noted = [];
    checked = [];
    recorded = [];
  });

  afterEach(async () => {
    await context.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Commander ends the process on bad usage; here it throws. */
  function throwing(command: Command): Command {
    command.exitOverride().configureOutput({ writeErr: (text) => noted.push(text) });
    command.commands.forEach(throwing);
    return command;
  }

  async function run(...args: string[]): Promise<void> {
    const program = adminProgram({
      withKeys: (use) => use(keys),
      checkDatabase: async (mayMake) => void checked.push(mayMake),
      withRotation: () => Promise.reject(new Error('No key of the store is changed here')),
      backUp: (file) => backUpSqlite(dataDir, file),
      exitWith: () => undefined,
      record: async ({ command, target, outcome, code }) => void recorded.push({ command, target, outcome, code }),
      print: (line) => printed.push(line),
      note: (line) => noted.push(line),
    });
    await throwing(program).parseAsync(args, { from: 'user' });
  }

  it('makes a key that works, and prints nothing else on stdout', async () => {
    await run('create-key', '--name', 'ci', '--roles', 'service, operator', '--issuer', 'https://idp.test');
    expect(printed).toEqual([expect.stringMatching(/^mfk_[\w-]{43}$/)]);
    expect(noted.join()).not.toContain(printed[0]);
    await expect(keys.principalOf(printed[0]!)).resolves.toMatchObject({
      tenant: 'default',
      subject: 'ci',
      roles: ['user', 'service', 'operator'],
      actsForIssuer: 'https://idp.test',
    });
  });

  it('writes an entry for each command, with what it worked on and how it ended', async () => {
    await run('create-key', '--name', 'ci', '--roles', 'user');
    await run('list-keys');
    const [id] = printed[1]!.split('\t');
    await run('revoke-key', id!);
    await expect(run('revoke-key', id!)).rejects.toThrow();
    await expect(run('create-key', '--name', 'a b', '--roles', 'user')).rejects.toThrow();
    await run('backup', '--to', join(dataDir, 'copy.db'));
    await expect(run('rotate-secrets', '--dry-run')).rejects.toThrow();
    const [ok, code] = ['ok', undefined];
    expect(recorded).toEqual([
      { command: 'create-key', target: { name: 'ci', roles: 'user', id }, outcome: ok, code },
      { command: 'list-keys', target: {}, outcome: ok, code },
      { command: 'revoke-key', target: { id }, outcome: ok, code },
      { command: 'revoke-key', target: { id }, outcome: 'failed', code: 'api_key_not_found' },
      { command: 'create-key', target: { name: 'a b', roles: 'user' }, outcome: 'failed', code: 'invalid_request' },
      { command: 'backup', target: { to: join(dataDir, 'copy.db') }, outcome: ok, code },
      { command: 'rotate-secrets', target: { mode: 'dry-run' }, outcome: 'failed', code: 'Error' },
    ]);
    expect(JSON.stringify(recorded)).not.toContain(printed[0]);
  });

  it('copies the database to a file that is not there yet, and leaves none behind when it fails', async () => {
    await run('create-key', '--name', 'ci', '--roles', 'user');
    const file = join(dataDir, 'copy.db');
    await run('backup', '--to', file);
    await expect(run('backup', '--to', file)).rejects.toMatchObject({ code: 'EEXIST' });
    const copy = await mkdtemp(join(dataDir, 'restored-'));
    await rename(file, join(copy, 'manifold.db'));
    const [kept, empty] = [join(dataDir, 'again.db'), join(dataDir, 'nothing')];
    backUpSqlite(copy, kept);
    expect(() => backUpSqlite(empty, join(dataDir, 'never.db'))).toThrow();
    expect(existsSync(join(dataDir, 'never.db'))).toBe(false);
  });

  it.each([
    ['90d', 90 * 24 * 3600],
    ['12h', 12 * 3600],
    ['30m', 1800],
  ])('makes a key that expires in %s', async (time, seconds) => {
    const before = Date.now();
    await run('create-key', '--name', 'ci', '--roles', 'user', '--expires-in', time);
    const { expiresAt } = (await keys.principalOf(printed[0]!))!;
    expect(expiresAt).toBeGreaterThanOrEqual(before + seconds * 1000);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + seconds * 1000);
  });

  it('lists the keys without showing them, and revokes by the id of the list', async () => {
    await run('create-key', '--name', 'ci', '--roles', 'admin');
    const [key] = printed.splice(0);
    await run('list-keys');
    expect(printed).toHaveLength(1);
    const [id, name, roles, issuer, , expiry] = printed[0]!.split('\t');
    expect([name, roles, issuer, expiry]).toEqual(['ci', 'user,admin', 'manifold', 'never']);
    expect(printed[0]).not.toContain(key!.slice(4));
    await run('revoke-key', id!);
    await expect(keys.principalOf(key!)).resolves.toBeUndefined();
    await expect(run('revoke-key', id!)).rejects.toThrow('There is no such API key');
  });

  it.each<[string, string[], string]>([
    ['a bad name', ['--name', 'a b', '--roles', 'user'], 'name must be 1 to 64 letters'],
    [
      'an unknown role',
      ['--name', 'ci', '--roles', 'root'],
      'each of roles must be one of user, operator, admin, service',
    ],
    ['no name', ['--roles', 'user'], "required option '--name <name>'"],
    ['no roles', ['--name', 'ci'], "required option '--roles <roles>'"],
    [
      'a time in another unit',
      ['--name', 'ci', '--roles', 'user', '--expires-in', '1y'],
      'Give a number of d, h or m.',
    ],
    ['no time', ['--name', 'ci', '--roles', 'user', '--expires-in', '0d'], 'Give a number of d, h or m.'],
  ])('says in words what is wrong with %s, and makes no key', async (_case, options, message) => {
    await expect(run('create-key', ...options)).rejects.toThrow(message);
    expect(printed).toEqual([]);
    await expect(keys.list('default')).resolves.toEqual([]);
  });

  it('looks for the database before it works, and has it made only where it is told so', async () => {
    await run('list-keys');
    await run('create-key', '--name', 'ci', '--roles', 'user', '--create-database');
    await run('--create-database', 'list-keys');
    expect(checked).toEqual([false, true, true]);
  });

  it('says that a name is taken', async () => {
    await run('create-key', '--name', 'ci', '--roles', 'user');
    await expect(run('create-key', '--name', 'ci', '--roles', 'user')).rejects.toThrow(
      'An API key with the name ci already exists',
    );
  });
});
