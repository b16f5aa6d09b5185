import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditLogModule, AuditRecords } from '@manifold/audit';
import { ConfigModule, loadConfig } from '@manifold/config';
import { StoreModule } from '@manifold/store';
import { writeCommandEntry } from './command-audit.js';

@Module({})
class SpecModule {}

describe('The entry of a command in the audit log', () => {
  let dataDir: string;

  beforeEach(async () => (dataDir = await mkdtemp(join(tmpdir(), 'manifold-command-'))));
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('names the command, what it worked on, and the user of the operating system', async () => {
    const config = loadConfig({ DATA_DIR: dataDir });
    const entry = { command: 'revoke-key', target: { id: 'k-1', name: 'ci' }, outcome: 'failed', ms: 12 } as const;

    await expect(writeCommandEntry(config, { ...entry, code: 'api_key_not_found' })).resolves.toBe(true);

    const imports = [ConfigModule.forRoot(config), StoreModule, AuditLogModule];
    const context = await NestFactory.createApplicationContext({ module: SpecModule, imports }, { logger: false });
    const found: unknown[] = [];
    const records = context.get(AuditRecords, { strict: false });
    for await (const written of records.read('default', 0, Date.now())) found.push(written);
    await context.close();
    expect(found).toEqual([
      expect.objectContaining({
        action: 'admin revoke-key',
        resource: 'id=k-1 name=ci',
        tenant: 'default',
        principal: JSON.stringify(['default', 'command-line', userInfo().username]),
        authMethod: 'command-line',
        decision: 'allowed',
        outcome: 'failed',
        code: 'api_key_not_found',
        ms: 12,
      }),
    ]);
  });

  it('says where the database does not accept it', async () => {
    const config = loadConfig({ MONGO_URL: 'mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=50', DATA_DIR: dataDir });
    const entry = { command: 'list-keys', target: {}, outcome: 'ok', ms: 1 } as const;
    await expect(writeCommandEntry(config, entry).catch(() => false)).resolves.toBe(false);
  });
});
