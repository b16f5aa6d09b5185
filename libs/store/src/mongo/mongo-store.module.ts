import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { Config } from '@manifold/config';
import { MongoConnection, mongooseOptions } from './mongo-connection.js';
import { MongoStore } from './mongo-store.js';

/** Loaded by StoreModule where MongoDB is configured, and not otherwise. */
@Module({
  imports: [MongooseModule.forRootAsync({ inject: [Config], useFactory: mongooseOptions })],
  providers: [MongoConnection, MongoStore],
  exports: [MongoStore],
})
export class MongoStoreModule {}
