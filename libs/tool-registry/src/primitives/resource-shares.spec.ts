import { loadConfig } from '@manifold/config';
import { ToolProviders, type CallContext, type ToolProvider } from '@manifold/tool-provider';
import { EVERYTHING } from '../catalogue/view.js';
import { Namespaces } from '../uris/namespaces.js';
import type { ProviderPrimitives } from './provider-primitives.js';
import { Resources } from './resources.service.js';

const SHARE = 1_000; // 1% of the places

describe('the subscriptions of all clients', () => {
  const resource = { app: 'files', uri: 'file:///a', definition: { uri: 'file:///a', name: 'a' } };
  const provider = { id: 'fixture', subscribeResource: () => Promise.resolve(() => undefined) };
  const primitives = {
    reachable: () => [provider],
    list: (_providers: unknown, _list: unknown) =>
      Promise.resolve(lists++ % 2 === 0 ? [{ provider, items: [resource] }] : []),
    call: (_method: string, _route: unknown, _context: unknown, run: () => Promise<unknown>) => run(),
  };
  let lists = 0;
  const resources = new Resources(
    primitives as unknown as ProviderPrimitives,
    new Namespaces(new ToolProviders([provider as unknown as ToolProvider])),
    loadConfig({ SHARE_PER_PRINCIPAL: '1' }),
  );

  const subscribe = (key: string): Promise<() => void> => {
    const context = { principal: { key, tenant: 'acme' }, signal: new AbortController().signal };
    return resources.subscribe('file:///a', context as unknown as CallContext, EVERYTHING, () => undefined);
  };

  it('are not all of one principal, and a place comes back once', async () => {
    const leaves: (() => void)[] = [];
    for (let count = 0; count < SHARE; count += 1) leaves.push(await subscribe('alice'));
    await expect(subscribe('alice')).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(subscribe('bob')).resolves.toEqual(expect.any(Function));

    leaves[0]!();
    leaves[0]!();
    await expect(subscribe('alice')).resolves.toEqual(expect.any(Function));
    await expect(subscribe('alice')).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('do not count when they fail', async () => {
    const failing = jest.spyOn(provider, 'subscribeResource').mockRejectedValue(new Error('away'));
    for (let count = 0; count < SHARE + 1; count += 1) await expect(subscribe('carol')).rejects.toThrow('away');
    failing.mockRestore();
  });
});
