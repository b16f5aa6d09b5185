import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { Config } from '@manifold/config';
import { MongoConnection, mongooseOptions } from './mongo-connection.js';
import { MongoStore } from './mongo-store.js';

/** The module of MongoDB. StoreModule loads it only if MongoDB is configured. */
@Module({
  imports: [MongooseModule.forRootAsync({ inject: [Config], useFactory: mongooseOptions })],
  providers: [MongoConnection, MongoStore],
  exports: [MongoStore],
})
export class MongoStoreModule {}
