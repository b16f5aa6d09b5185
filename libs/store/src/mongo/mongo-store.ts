import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CollectionRegistry } from '../collection-registry.js';
import { Store, type Collection, type CollectionSpec, type Fields } from '../collection.js';
import { TimeOrderedIds } from '../time-ordered-ids.js';
import { MongoCollection } from './mongo-collection.js';
import { MongoConnection } from './mongo-connection.js';
import { askDatabase } from './mongo-errors.js';

/** The store of several replicas: MongoDB through Mongoose. @nestjs/mongoose opens and closes the connection. */
@Injectable()
export class MongoStore extends Store implements OnApplicationBootstrap {
  private readonly collections = new CollectionRegistry<unknown>();
  private readonly ids = new TimeOrderedIds();

  constructor(private readonly connection: MongoConnection) {
    super();
  }

  onApplicationBootstrap(): void {
    this.connection.started();
  }

  collection<T extends Fields>(spec: CollectionSpec<T>): Collection<T> {
    return this.collections.obtain(spec, () => new MongoCollection<T>(this.connection, spec, this.ids));
  }

  async ping(): Promise<void> {
    await askDatabase(async () => {
      const { db } = await this.connection.ready();
      await db?.command({ ping: 1 });
    }, this.connection.deadlineMs);
  }
}
