import 'reflect-metadata';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadConfig } from '@manifold/config';
import { report } from '../../../../test/support/measuring/measures.js';
import { Overload } from '../../src/overload.js';

/** For how long each turn of the event loop is held up, and what is allowed. */
const HELD_UP_MS = 250;
const ALLOWED_MS = 100;

const overload = new Overload(loadConfig({ EVENT_LOOP_DELAY_MAX_MS: String(ALLOWED_MS) }));
overload.onModuleInit();
const still = new Int32Array(new SharedArrayBuffer(4));
let heldUp = 0;
for (; !overload.isOver; heldUp += 1) {
  Atomics.wait(still, 0, 0, HELD_UP_MS);
  await nextTurn();
}
while (overload.isOver) await nextTurn();
overload.onApplicationShutdown();
report({ heldUp });
