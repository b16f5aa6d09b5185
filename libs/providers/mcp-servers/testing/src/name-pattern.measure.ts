import 'reflect-metadata';
import assert from 'node:assert/strict';
import { fitsPattern } from '@manifold/server-model';
import { cpuMs, report } from '../../../../../test/support/measuring/measures.js';

report({
  cpuMs: cpuMs(() => assert.equal(fitsPattern('*a'.repeat(100) + 'b', 'a'.repeat(100_000)), false)),
});
