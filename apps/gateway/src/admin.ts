import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BusModule } from '@manifold/bus';
import { ApiKeyModule, ApiKeyService } from '@manifold/auth';
import { ConfigModule, configOfProcess } from '@manifold/config';
import { StoreModule, StoreUnavailable } from '@manifold/store';
import { adminProgram, type AdminEnvironment } from './admin-commands.js';

@Module({})
class AdminModule {}

/** Opens the store of the gateway that is configured here, beside one that may be running, and nothing else. */
const withKeys: AdminEnvironment['withKeys'] = async (use) => {
  const imports = [ConfigModule.forRoot(configOfProcess()), StoreModule, BusModule, ApiKeyModule];
  const module = { module: AdminModule, imports };
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    await use(context.get(ApiKeyService, { strict: false }));
  } finally {
    await context.close();
  }
};

/** Whoever runs this command may see why the database does not answer; clients of the gateway may not. */
function readable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof StoreUnavailable && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}

adminProgram({
  withKeys,
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
})
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${readable(error)}\n`);
    process.exitCode = 1;
  });
