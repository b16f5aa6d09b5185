import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ProviderError } from '@manifold/tool-provider';
import { ServerRegistry } from '../registry/server-registry.service.js';
import { FIXTURES, lives, registration, TestGateway, textOf, until } from '../../testing/src/gateway.js';

const server = async (gateway: TestGateway, name: string) =>
  (await gateway.rest('GET', `/mcp/servers/${name}`)).body.server;

afterAll(() => TestGateway.destroyAll());

describe('a supervised server', () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await TestGateway.start()));
  afterAll(() => gateway.destroy());

  it('shows a crash with its reason, and comes back by itself', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('crashed'));
    const pid = Number(textOf(await gateway.call('crashed_pid')));
    process.kill(pid, 'SIGKILL');
    let down = await server(gateway, 'crashed');
    await until(async () => (down = await server(gateway, 'crashed')).status !== 'connected');
    expect(['error', 'connecting']).toContain(down.status);
    expect(down.lastError).toMatch(/SIGKILL/);
    expect(down.toolsList).not.toHaveLength(0);
    await until(async () => (await server(gateway, 'crashed')).status === 'connected');
    expect((await server(gateway, 'crashed')).lastError).toBeUndefined();
    expect(Number(textOf(await gateway.call('crashed_pid')))).not.toBe(pid);
  });

  it('fails the call in which it is killed, without repeating it, and serves the next call at once', async () => {
    const ledger = join(gateway.dataDir, 'killed');
    await gateway.rest('POST', '/mcp/servers', registration('killed', `--ledger=${ledger}`));
    const pid = Number(textOf(await gateway.call('killed_pid')));
    const call = gateway.call('killed_hang').catch((error: unknown) => error);
    await until(() => gateway.ledger('killed').includes('call hang'));
    process.kill(pid, 'SIGKILL');
    const error = await call;
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ code: 'upstream_unavailable' });
    await until(async () => (await server(gateway, 'killed')).status !== 'connected');
    expect(Number(textOf(await gateway.call('killed_pid')))).not.toBe(pid);
    expect(gateway.ledger('killed').filter((line) => line === 'call hang')).toHaveLength(1);
  });

  it('is restarted at most five times a minute, by itself or for calls, and callers learn when to come back', async () => {
    const ledger = join(gateway.dataDir, 'flapping');
    await gateway.rest('POST', '/mcp/servers', registration('flapping', `--ledger=${ledger}`));
    for (let call = 0; call < 12; call += 1) await gateway.call('flapping_exit').catch(() => undefined);
    const refused: unknown = await gateway.call('flapping_pid').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'upstream_unavailable', retryAfter: expect.any(Number) });
    expect((refused as ProviderError).retryAfter).toBeGreaterThan(0);
    expect((refused as ProviderError).retryAfter).toBeLessThanOrEqual(60);
    expect(gateway.ledger('flapping').filter((line) => line.startsWith('start'))).toHaveLength(6);
    expect((await server(gateway, 'flapping')).status).toBe('error');
    const enabled = await gateway.rest('PUT', '/mcp/servers/flapping/enable');
    expect(enabled.body.server.status).toBe('connected');
  });

  it('is not restarted once it is disabled', async () => {
    const ledger = join(gateway.dataDir, 'resting');
    await gateway.rest('POST', '/mcp/servers', registration('resting', '--crash', `--ledger=${ledger}`));
    const { body } = await gateway.rest('PUT', '/mcp/servers/resting/disable');
    expect(body.server).toMatchObject({ status: 'disconnected', enabled: false });
    expect(body.server.lastError).toBeUndefined();
    const starts = gateway.ledger('resting').length;
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // twice as long as the next restart would take
    expect(gateway.ledger('resting')).toHaveLength(starts);
  });

  it('lists its tools anew when it says that they changed, and tells the listeners', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('growing'));
    const changed = new Promise<void>((resolve) => {
      const stop = gateway.provider.onToolsChanged(() => {
        stop();
        resolve();
      });
    });
    await gateway.call('growing_grow');
    await changed;
    await until(async () => (await gateway.list()).some(({ publicName }) => publicName.startsWith('growing_grown')));
    const { toolsList } = await server(gateway, 'growing');
    expect(toolsList.map((tool: { name: string }) => tool.name)).toContain('grown_8');
  });

  it('stays connected when it cannot list its tools', async () => {
    const body = registration('reticent', '--reject-list');
    const answer = await gateway.rest('POST', '/mcp/servers', body);
    expect(answer.body.server).toMatchObject({ status: 'connected', toolsList: [] });
    expect(answer.body.server.lastError).toMatch(/could not be listed/);
  });

  it('ends with a call that waits for its start when that call is aborted, and goes on starting', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('slow'));
    await gateway.rest('PUT', '/mcp/servers/slow/disable');
    const gate = join(gateway.dataDir, 'gate');
    const { args } = registration('slow', `--wait-for=${gate}`);
    const enabling = gateway.rest('PUT', '/mcp/servers/slow', { args, enabled: true });
    await until(async () => (await server(gateway, 'slow')).status === 'connecting');
    const error: unknown = await gateway.call('slow_pid', {}, { timeoutMs: 200 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'timeout' });
    expect((await server(gateway, 'slow')).status).toBe('connecting');
    appendFileSync(gate, 'open');
    expect((await enabling).body.server.status).toBe('connected');
  });

  it('is started once for many calls that need it', async () => {
    const ledger = join(gateway.dataDir, 'wanted');
    await gateway.rest('POST', '/mcp/servers', registration('wanted', `--ledger=${ledger}`));
    process.kill(Number(textOf(await gateway.call('wanted_pid'))), 'SIGKILL');
    await until(async () => (await server(gateway, 'wanted')).status !== 'connected');
    const pids = await Promise.all(Array.from({ length: 20 }, () => gateway.call('wanted_pid')));
    expect(new Set(pids.map(textOf)).size).toBe(1);
    expect(gateway.ledger('wanted').filter((line) => line.startsWith('start'))).toHaveLength(2);
  });
});

describe('the supervision of all servers', () => {
  it('leaves no process behind, whatever the gateway was doing when it stopped', async () => {
    const gateway = await TestGateway.start();
    const ledger = join(gateway.dataDir, 'ledger');
    await gateway.rest('POST', '/mcp/servers', registration('running', `--ledger=${ledger}`));
    const half = gateway
      .rest('POST', '/mcp/servers', registration('half', `--ledger=${ledger}`, '--silent'))
      .catch(() => undefined);
    await until(() => gateway.ledger('ledger').length === 2);
    const pids = gateway.ledger('ledger').map((line) => Number(line.split(' ')[1]));
    expect(pids.map(lives)).toEqual([true, true]);
    await gateway.destroy();
    await half;
    expect(pids.map(lives)).toEqual([false, false]);
  });

  it('shows the tools of the last run before any process is up, and starts a server for the call that needs it', async () => {
    const first = await TestGateway.start();
    const gate = join(first.dataDir, 'gate');
    appendFileSync(gate, 'open');
    await first.rest('POST', '/mcp/servers', registration('lasting', `--wait-for=${gate}`));
    const before = await first.list();
    expect(before).not.toHaveLength(0);
    await first.stop();
    rmSync(gate);

    const second = await TestGateway.start({ dataDir: first.dataDir });
    const after = await second.list();
    expect((await server(second, 'lasting')).status).toBe('connecting');
    expect(after.map(({ definition }) => definition)).toEqual(before.map(({ definition }) => definition));
    const call = second.call('lasting_pid');
    appendFileSync(gate, 'open');
    expect(textOf(await call)).toMatch(/^\d+$/);
    await second.destroy();
  });

  it('starts a hundred servers, four at a time, and lists them from the store after a restart, though one is silent', async () => {
    const environment = { SERVER_START_TIMEOUT_MS: '600000' }; // the silent one fails after all others have started
    const first = await TestGateway.start({ environment });
    const command = join(FIXTURES, 'tiny-server.sh');
    const names = Array.from({ length: 100 }, (_, index) => `s${index}`);
    const registry = first.app.get(ServerRegistry);
    const register = (name: string) =>
      registry.register('default', name, {
        command,
        args: [name, join(first.dataDir, 'starts'), name === 's0' ? 'silent' : ''],
      });
    await Promise.all(names.map(register));
    await until(async () => (await first.list()).length === 99);
    expect(mostStartsAtATime(first.ledger('starts'))).toBe(4);
    await first.stop();
    rmSync(join(first.dataDir, 'starts'));

    const second = await TestGateway.start({ dataDir: first.dataDir, environment });
    expect(await second.list()).toHaveLength(99);
    await until(() => existsSync(join(first.dataDir, 'starts')) && second.ledger('starts').length === 199);
    expect(mostStartsAtATime(second.ledger('starts'))).toBe(4);
    const { body } = await second.rest('GET', '/mcp/servers');
    const connected = body.servers.filter(({ status }: { status: string }) => status === 'connected');
    expect(connected).toHaveLength(99);
    expect(await server(second, 's0')).toMatchObject({ status: 'connecting', enabled: true });
    await second.destroy();
  });
});

/** @param ledger lines "starting <name>" and "started <name>", in the order in which they happened */
function mostStartsAtATime(ledger: readonly string[]): number {
  let most = 0;
  ledger.reduce((starting, line) => {
    const now = starting + (line.startsWith('starting') ? 1 : -1);
    most = Math.max(most, now);
    return now;
  }, 0);
  return most;
}
