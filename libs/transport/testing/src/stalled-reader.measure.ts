import 'reflect-metadata';
import assert from 'node:assert/strict';
import { report } from '../../../../test/support/measuring/measures.js';
import { TransportStatus } from '../../src/endpoints/transport-status.js';
import { callTool, openSession, request, send } from './mcp-wire.js';
import { stalled } from './stalled-reader.js';
import { startTransport } from './transport-app.js';

/** Pings between two memory measurements. A garbage collection takes longer than a ping. */
const PINGS = 20;

/** @returns bytes in use after a garbage collection, including buffers */
function kept(): number {
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const app = await startTransport();
const session = await openSession(app.url);
const before = kept();
const socket = await stalled(app, session, '/mcp', callTool(1, 'flood', { bytes: 16_384 }, 'token'));
const status = app.get(TransportStatus);
let most = 0;
for (let pings = 0; pings === 0 || status.streams > 0 || status.callsInFlight > 0; pings += 1) {
  const { status: answer } = await send(app.url, request(2, 'ping'), { session });
  assert.equal(answer, 200);
  if (pings % PINGS === 0) most = Math.max(most, kept() - before);
}
most = Math.max(most, kept() - before);
socket.destroy();
await app.discard();
report({ bytes: most });
