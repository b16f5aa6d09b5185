import { SecretsService } from '@manifold/secrets';
import { joinedBuses } from '@manifold/bus/testing';
import { Store } from '@manifold/store';
import { registration, TestGateway, textOf, until } from '../../testing/src/gateway.js';
import { ServerRegistry } from './server-registry.service.js';
import { StoredServers } from './stored-servers.js';
import { ServerSessions, ServerSupervisor, ServerTools } from '@manifold/mcp-hosting';

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

describe('the registry of a replica that may have missed announcements', () => {
  it('reads each server that was changed, added or deleted once, and no other', async () => {
    const gateway = await TestGateway.start();
    const servers = gateway.app.get(ServerRegistry);
    const quiet = { command: 'node', enabled: false };
    for (const name of ['kept', 'changed', 'deleted']) await servers.register('default', name, quiet);

    const [bus] = joinedBuses(1);
    let miss = (): void => undefined;
    bus!.onMissed = (listener?: () => void) => {
      miss = listener!;
      return () => undefined;
    };
    const records = new StoredServers(gateway.app.get(Store), bus!);
    const read: string[] = [];
    const find = records.find.bind(records);
    records.find = (tenant, name) => {
      read.push(name);
      return find(tenant, name);
    };
    const replica = new ServerRegistry(
      records,
      gateway.app.get(ServerSupervisor),
      gateway.app.get(ServerTools),
      gateway.app.get(ServerSessions),
      gateway.app.get(SecretsService),
    );
    await replica.onModuleInit();
    await servers.update('default', 'changed', { displayName: 'Other' });
    await servers.register('default', 'added', quiet);
    await servers.delete('default', 'deleted');

    miss();
    const names = () => replica.list('default').map(({ name }) => name);
    await until(() => names().join() === 'added,changed,kept');
    expect(replica.get('default', 'changed').displayName).toBe('Other');
    expect(read.sort()).toEqual(['added', 'changed', 'deleted']);
    await gateway.destroy();
  });
});
