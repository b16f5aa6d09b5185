import { openStore, type OpenStore } from '@manifold/store/testing';
import { MongoStandIn } from '../../../../test/support/mongo-stand-in/index.js';

/** MongoStore in front of the stand-in for MongoDB, each of them new. */
export async function standInStore(): Promise<OpenStore> {
  const server = new MongoStandIn();
  await server.start();
  const opened = await openStore({ MONGO_URL: server.url });
  return { ...opened, close: () => opened.close().finally(() => server.stop()) };
}
