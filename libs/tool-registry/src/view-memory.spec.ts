import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { contextOf, SilentProvider, startRegistry, tool } from '../testing/src/index.js';
import { viewOf } from './view.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function heapUsed(): Promise<number> {
  await new Promise(setImmediate);
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const KB = 1024;

describe('the memory of views', () => {
  it('is next to nothing for each of 400 clients that see the same 300 tools', async () => {
    const tools = Array.from({ length: 600 }, (_, index) => ({ ...tool(`TOOL_${index}`), app: `app${index % 2}` }));
    const { registry, stop } = startRegistry(new SilentProvider(async () => tools));
    const context = contextOf(fixturePrincipal('alice'));
    const first = await registry.list(context, viewOf(['app1'], false));
    expect(first.tools).toHaveLength(300);
    expect(first.json).not.toBe('');

    const before = await heapUsed();
    const kept = [];
    for (let client = 0; client < 400; client += 1) {
      const view = viewOf(['app1'], false);
      const catalogue = await registry.list(context, view);
      expect(catalogue).toBe(first);
      kept.push({ view, json: catalogue.json });
    }
    const perClient = ((await heapUsed()) - before) / kept.length;
    expect(perClient).toBeLessThan(2 * KB);
    stop();
  });
});
