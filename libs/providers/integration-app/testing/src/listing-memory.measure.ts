import assert from 'node:assert/strict';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { heapGrowth, report } from '../../../../../test/support/measuring/measures.js';
import { ProviderApp } from './provider-app.js';

const APPS = ['crm', 'mail', 'wiki'];

/** Makes actions of about 500 bytes each. */
const actionsOf = (app: string) =>
  Array.from({ length: 100 }, (_, index) => ({
    key: `action-${index}`,
    name: `Action ${index} of ${app}`,
    inputSchema: { type: 'object', properties: { id: { type: 'string', description: app.padEnd(400, '.') } } },
  }));

const app = await ProviderApp.start({ pageSize: 500 });
for (const key of APPS) app.simulator.offer(key, actionsOf(key));
const users = Array.from({ length: 400 }, (_, index) => fixturePrincipal(`user-${index}`));
for (const { subject } of users) for (const key of APPS) app.simulator.connect(subject, key);
const first = await app.list(users[0]!);
assert.equal(first.length, 300);
for (let warmUp = 0; warmUp < 100; warmUp += 1) await app.list(users[0]!);
app.simulator.clearRequests();

const growth = await heapGrowth(async () => {
  for (const user of users) assert.equal(await app.list(user), first);
  app.simulator.clearRequests();
});
await app.stop();
report({ bytesPerUser: growth / users.length });
