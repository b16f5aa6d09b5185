import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CollectionRegistry } from '../collection-registry.js';
import type { Collection, CollectionSpec, Fields } from '../collection.js';
import { SealableStore } from '../sealable-store.js';
import { TimeOrderedIds } from '../time-ordered-ids.js';
import { MongoCollection } from './mongo-collection.js';
import { MongoConnection } from './mongo-connection.js';
import { askDatabase } from './mongo-errors.js';

/** The store for several replicas: MongoDB through Mongoose. @nestjs/mongoose opens and closes the connection. */
@Injectable()
export class MongoStore extends SealableStore implements OnApplicationBootstrap {
  private readonly collections = new CollectionRegistry<unknown>();
  protected readonly ids = new TimeOrderedIds();

  constructor(private readonly connection: MongoConnection) {
    super();
  }

  onApplicationBootstrap(): void {
    this.connection.started();
  }

  async wipeRemains(): Promise<void> {}

  protected plainCollection<T extends Fields>(spec: CollectionSpec<T>): Collection<T> {
    return this.collections.obtain(spec, () => new MongoCollection<T>(this.connection, spec, this.ids));
  }

  async ping(): Promise<void> {
    await askDatabase(async () => {
      const { db } = await this.connection.ready();
      await db?.command({ ping: 1 });
    }, this.connection.deadlineMs);
  }
}
