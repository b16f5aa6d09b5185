import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, configOfProcess } from '@manifold/config';
import { Store, StoreModule } from '@manifold/store';

/**
 * A process of its own that opens the store of its environment as the gateway does, in Node's own module system, writes a record, reads
 * it back, prints its value and ends.
 */
@Module({})
class RoundTrip {}

async function run(): Promise<void> {
  const imports = [ConfigModule.forRoot(configOfProcess()), StoreModule];
  const context = await NestFactory.createApplicationContext({ module: RoundTrip, imports }, { logger: ['error'] });
  const collection = context.get(Store).collection<{ text: string }>({ name: 'round_trip' });
  const { id } = await collection.insert({ text: 'there and back' });
  const stored = await collection.get(id);
  process.stdout.write(String(stored?.value.text));
  await context.close();
}

void run();
