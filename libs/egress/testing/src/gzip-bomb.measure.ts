import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { collectGarbage, report } from '../../../../test/support/measuring/measures.js';
import { testEgress } from './test-egress.js';
import { TestOrigin } from './test-origin.js';

const MiB = 1024 * 1024;

const bomb = gzipSync(Buffer.alloc(64 * MiB));
const origin = await TestOrigin.start((_request, response) =>
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
);
const egress = testEgress({ environment: 'development' });
await collectGarbage();
const before = process.memoryUsage().arrayBuffers;
const response = await egress.fetch(origin.url);
await assert.rejects(response.text(), { code: 'too_large' });
const bytes = process.memoryUsage().arrayBuffers - before;
await egress.onApplicationShutdown();
await origin.stop();
report({ bytes });
