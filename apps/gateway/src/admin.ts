import 'reflect-metadata';
import { Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BusModule } from '@manifold/bus';
import { ApiKeyModule, ApiKeyService } from '@manifold/auth';
import { ConfigModule, configOfProcess } from '@manifold/config';
import { SecretsModule, SecretsRotation } from '@manifold/secrets';
import { backUpSqlite, StoreModule, StoreUnavailable } from '@manifold/store';
import { adminProgram, type AdminEnvironment } from './admin-commands.js';

@Module({})
class AdminModule {}

/** Opens the store of the gateway that is configured here, beside one that may be running, and what works on it. */
async function withStore(work: Type, use: (context: INestApplicationContext) => Promise<void>): Promise<void> {
  const imports = [ConfigModule.forRoot(configOfProcess()), StoreModule, SecretsModule, BusModule, work];
  const module = { module: AdminModule, imports };
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    await use(context);
  } finally {
    await context.close();
  }
}

const withKeys: AdminEnvironment['withKeys'] = (use) =>
  withStore(ApiKeyModule, (context) => use(context.get(ApiKeyService, { strict: false })));

/** Whoever knows the sealed records is loaded for this command only: the others start faster without. */
const withRotation: AdminEnvironment['withRotation'] = async (use) => {
  const { SEALED_COLLECTIONS } = await import('./sealed-collections.js');
  await withStore(SecretsModule, (context) => use(context.get(SecretsRotation, { strict: false }), SEALED_COLLECTIONS));
};

const backUp: AdminEnvironment['backUp'] = (file) => {
  const { mongo, dataDir } = configOfProcess();
  if (mongo) throw new Error('The state of this gateway is in MongoDB: back it up with mongodump');
  backUpSqlite(dataDir, file);
};

/** Whoever runs this command may see why the database does not answer; clients of the gateway may not. */
function readable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof StoreUnavailable && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}

adminProgram({
  withKeys,
  withRotation,
  backUp,
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  exitWith: (code) => (process.exitCode = code),
})
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${readable(error)}\n`);
    process.exitCode = 1;
  });
