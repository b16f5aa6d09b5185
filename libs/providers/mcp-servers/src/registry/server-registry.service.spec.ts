import { Store } from '@manifold/store';
import { registration, TestGateway, textOf, until } from '../../testing/src/gateway.js';
import { ServerRegistry } from './server-registry.service.js';
import { ServerSupervisor } from '@manifold/mcp-hosting';

afterAll(() => TestGateway.destroyAll());

describe('the registry when the database fails', () => {
  it.each<[string, (registry: ServerRegistry) => Promise<unknown>]>([
    ['an update', (registry) => registry.update('default', 'steady', { displayName: 'Other' })],
    ['a deletion', (registry) => registry.delete('default', 'steady')],
    [
      'an update that moves on from a session',
      (registry) => registry.update('default', 'steady', { sessionId: 'abc' }),
    ],
  ])('leaves a server running as it was after %s', async (_, operation) => {
    const gateway = await TestGateway.start();
    await gateway.rest('POST', '/mcp/servers', registration('steady'));
    const registry = gateway.app.get(ServerRegistry);
    const before = registry.get('default', 'steady');
    (gateway.app.get(Store) as unknown as { onApplicationShutdown(): void }).onApplicationShutdown();

    await expect(operation(registry)).rejects.toThrow();
    expect(registry.get('default', 'steady')).toEqual(before);
    const server = () => gateway.app.get(ServerSupervisor).server('default', 'steady')!;
    await until(() => server().status === 'connected');
    await gateway.destroy();
  });

  it('registers nothing', async () => {
    const gateway = await TestGateway.start();
    (gateway.app.get(Store) as unknown as { onApplicationShutdown(): void }).onApplicationShutdown();
    const registry = gateway.app.get(ServerRegistry);
    await expect(registry.register('default', 'never', { command: 'node' })).rejects.toThrow();
    expect(registry.list('default')).toEqual([]);
    expect([...gateway.app.get(ServerSupervisor).all()]).toEqual([]);
    await gateway.destroy();
  });

  it('answers calls without it', async () => {
    const gateway = await TestGateway.start();
    await gateway.rest('POST', '/mcp/servers', registration('warm'));
    await gateway.call('warm_pid');
    (gateway.app.get(Store) as unknown as { onApplicationShutdown(): void }).onApplicationShutdown();
    expect(textOf(await gateway.call('warm_pid'))).toMatch(/^\d+$/);
    await gateway.destroy();
  });
});
