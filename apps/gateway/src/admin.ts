import 'reflect-metadata';
import { Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BusModule } from '@manifold/bus';
import { ApiKeyModule, ApiKeyService } from '@manifold/auth';
import { ConfigModule, configOfProcess } from '@manifold/config';
import { SecretsModule, SecretsRotation } from '@manifold/secrets';
import { backUpSqlite, databaseExists, StoreModule, StoreUnavailableError } from '@manifold/store';
import { adminProgram, type AdminEnvironment } from './admin-commands.js';
import { databaseName } from './database.js';

@Module({})
class AdminModule {}

/** Opens the store of the configured gateway and the module `work`. A gateway may be running at the same time. */
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

/** Loads the list of sealed records for this command only, so that the other commands start faster. */
const withRotation: AdminEnvironment['withRotation'] = async (use) => {
  const { SEALED_COLLECTIONS } = await import('./sealed-collections.js');
  await withStore(SecretsModule, (context) => use(context.get(SecretsRotation, { strict: false }), SEALED_COLLECTIONS));
};

const backUp: AdminEnvironment['backUp'] = (file) => {
  const { mongo, dataDir } = configOfProcess();
  if (mongo) throw new Error('The state of this gateway is in MongoDB: back it up with mongodump');
  backUpSqlite(dataDir, file);
};

const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** Loads the audit log when a command has ended, so that commands start as fast as before. */
const record: AdminEnvironment['record'] = async (entry) => {
  const config = configOfProcess();
  if (config.auditRetentionDays === 0) return;
  const { writeCommandEntry } = await import('./command-audit.js');
  const isWritten = await writeCommandEntry(config, entry).catch(() => false);
  if (!isWritten) note('The audit log has no entry of this command: the database did not accept it');
};

const checkDatabase: AdminEnvironment['checkDatabase'] = async (mayMake) => {
  const config = configOfProcess();
  note(`Database: ${databaseName(config)}`);
  if (mayMake || (await databaseExists(config))) return;
  const settings = config.mongo ? 'MONGO_URL (or MONGO_HOST) and MONGO_DBNAME' : 'DATA_DIR (or MONGO_URL)';
  throw new Error(
    `There is no such database: no gateway has used it. Set ${settings} as for the gateway, or start the gateway once to create the database. --create-database creates an empty one now.`,
  );
};

/** Returns the message of an error with the database's own message. The user of this command may see it; clients of the gateway may not. */
function readable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause =
    error instanceof StoreUnavailableError && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}

adminProgram({
  withKeys,
  withRotation,
  backUp,
  checkDatabase,
  record,
  print: (line) => process.stdout.write(`${line}\n`),
  note,
  exitWith: (code) => (process.exitCode = code),
})
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${readable(error)}\n`);
    process.exitCode = 1;
  });
