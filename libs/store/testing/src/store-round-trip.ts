import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { ConfigModule, configOfProcess } from '@manifold/config';
import { Store } from '../../src/collection.js';
import { StoreModule } from '../../src/store.module.js';

/**
 * A process of its own that opens the store of its environment as the gateway does, in Node's own module system, writes a record, reads
 * it back, prints its value, or the name of the error, and ends. With the argument `after-failure` it does so once the first connection
 * to MongoDB has failed.
 */
@Module({})
class RoundTrip {}

async function roundTrip(store: Store): Promise<string> {
  const collection = store.collection<{ text: string }>({ name: 'round_trip' });
  const { id } = await collection.insert({ text: 'there and back' });
  const stored = await collection.get(id);
  return String(stored?.value.text);
}

async function run(): Promise<void> {
  const imports = [ConfigModule.forRoot(configOfProcess()), StoreModule];
  const context = await NestFactory.createApplicationContext({ module: RoundTrip, imports }, { logger: ['error'] });
  if (process.argv[2] === 'after-failure') {
    const connection = context.get<Connection>(getConnectionToken(), { strict: false });
    await new Promise((resolve) => connection.once('disconnected', resolve));
  }
  process.stdout.write(await roundTrip(context.get(Store)).catch((error: Error) => error.name));
  await context.close();
}

void run();
