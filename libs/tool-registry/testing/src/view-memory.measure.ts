import 'reflect-metadata';
import assert from 'node:assert/strict';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { heapGrowth, report } from '../../../../test/support/measuring/measures.js';
import { viewOf } from '../../src/catalogue/view.js';
import { contextOf, SilentProvider, startRegistry, tool } from './index.js';

const CLIENTS = 400;

const tools = Array.from({ length: 600 }, (_, index) => ({ ...tool(`TOOL_${index}`), app: `app${index % 2}` }));
const { registry, stop } = startRegistry(new SilentProvider(async () => tools));
const context = contextOf(fixturePrincipal('alice'));
const first = await registry.list(context, viewOf(['app1'], false));
assert.equal(first.tools.length, 300);
assert.notEqual(first.jsonFor(), '');

const kept: unknown[] = [];
const growth = await heapGrowth(async () => {
  for (let client = 0; client < CLIENTS; client += 1) {
    const view = viewOf(['app1'], false);
    const catalogue = await registry.list(context, view);
    assert.equal(catalogue, first);
    kept.push({ view, json: catalogue.jsonFor() });
  }
});
assert.equal(kept.length, CLIENTS);
stop();
report({ bytesPerClient: growth / CLIENTS });
