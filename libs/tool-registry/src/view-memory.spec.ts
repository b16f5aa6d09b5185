import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { contextOf, growthOfEach, SilentProvider, startRegistry, tool } from '../testing/src/index.js';
import { viewOf } from './view.js';

const KB = 1024;

describe('the memory of views', () => {
  it('is next to nothing for each of 400 clients that see the same 300 tools', async () => {
    const tools = Array.from({ length: 600 }, (_, index) => ({ ...tool(`TOOL_${index}`), app: `app${index % 2}` }));
    const { registry, stop } = startRegistry(new SilentProvider(async () => tools));
    const context = contextOf(fixturePrincipal('alice'));
    const first = await registry.list(context, viewOf(['app1'], false));
    expect(first.tools).toHaveLength(300);
    expect(first.json).not.toBe('');

    const kept: unknown[] = [];
    const perClient = await growthOfEach(400, async () => {
      const view = viewOf(['app1'], false);
      const catalogue = await registry.list(context, view);
      expect(catalogue).toBe(first);
      kept.push({ view, json: catalogue.json });
    });
    expect(kept).toHaveLength(400);
    expect(perClient).toBeLessThan(2 * KB);
    stop();
  });
});
