import 'reflect-metadata';
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadConfig } from '@manifold/config';
import { temporaryStore } from '@manifold/store/testing';
import { report } from '../../../../test/support/measuring/measures.js';
import { AuditLog } from '../../src/audit-log.js';
import { AuditRecords } from '../../src/audit-records.js';
import { standInStore } from './stand-in-store.js';

const ENTRIES = 10_000;
const databases: Record<string, typeof temporaryStore> = { sqlite: temporaryStore, mongo: standInStore };

const { store, close } = await databases[process.argv[2]!]!();
const config = loadConfig({});
const records = new AuditRecords(store, config);
const log = new AuditLog(records, config);
const time = Date.now();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
for (let number = 0; number < ENTRIES; number += 1) {
  log.append({
    time: time + number,
    tenant: 'a',
    principal: 'alice',
    action: 'tools/call',
    server: 'mail',
    tool: 'send',
    decision: 'allowed',
    outcome: 'ok',
    requestId: `request-${number}`,
  });
}
await log.flush();
delay.disable();
let written = 0;
for await (const entry of records.read('a', 0, Infinity)) written += Number(entry.tool === 'send');
assert.equal(written, ENTRIES);
await close();
report({ medianDelayMs: delay.percentile(50) / 1e6 });
