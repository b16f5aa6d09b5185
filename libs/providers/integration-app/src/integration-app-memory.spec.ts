import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { ProviderApp } from '../testing/src/provider-app.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Requests and signals are freed by finalizers, which run between two collections. */
async function heapUsed(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    collectGarbage();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed;
}

const APPS = ['crm', 'mail', 'wiki'];
const KB = 1024;

/** Of about 500 bytes each. */
const actionsOf = (app: string) =>
  Array.from({ length: 100 }, (_, index) => ({
    key: `action-${index}`,
    name: `Action ${index} of ${app}`,
    inputSchema: { type: 'object', properties: { id: { type: 'string', description: app.padEnd(400, '.') } } },
  }));

describe('the listings of 400 users with 300 equal tools', () => {
  let app: ProviderApp;

  beforeAll(async () => {
    app = await ProviderApp.start({ pageSize: 500 });
    for (const key of APPS) app.simulator.offer(key, actionsOf(key));
  });
  afterAll(() => app.stop());

  it('are one array, and take a few KB of heap for each user: 60 MB would be 150', async () => {
    const users = Array.from({ length: 400 }, (_, index) => fixturePrincipal(`user-${index}`));
    for (const { subject } of users) for (const key of APPS) app.simulator.connect(subject, key);
    const first = await app.list(users[0]!);
    for (let warmUp = 0; warmUp < 100; warmUp += 1) await app.list(users[0]!);
    app.simulator.clearRequests();
    const before = await heapUsed();
    for (const user of users) expect(await app.list(user)).toBe(first);
    app.simulator.clearRequests();

    expect(first).toHaveLength(300);
    expect(((await heapUsed()) - before) / users.length).toBeLessThan(16 * KB);
  }, 90_000);
});
