import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@manifold/rest';
import {
  ServerExtensions,
  type PreparedProgram,
  type ServerProgram,
  type ServerPrograms,
} from '@manifold/server-hosting';
import { registration, TestGateway, until } from '../testing/src/gateway.js';

/** A shelf whose programs have to be brought first. */
class Shelf implements ServerPrograms {
  readonly asked: string[] = [];
  inUse = 0;
  bring: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  async prepare(_tenant: string, name: string, program: ServerProgram, signal: AbortSignal): Promise<PreparedProgram> {
    this.asked.push(name);
    await this.bring(signal);
    this.inUse += 1;
    return { ...program, args: [...program.args, '--also=brought'], release: () => (this.inUse -= 1) };
  }
}

describe('servers whose programs have to be brought to the machine', () => {
  let gateway: TestGateway;
  let shelf: Shelf;
  beforeEach(async () => {
    gateway = await TestGateway.start();
    shelf = new Shelf();
    gateway.app.get(ServerExtensions, { strict: false }).programs = shelf;
  });
  afterEach(() => gateway.destroy());

  const register = (settings: object = {}) =>
    gateway.rest('POST', '/mcp/servers', { ...registration('tool'), ...settings });
  const view = async () => (await gateway.rest('GET', '/mcp/servers/tool')).body.server;
  const isIn = (status: string) => until(async () => (await view()).status === status);

  it('are connecting meanwhile, for as long as that takes, and keep the command that their operator sees', async () => {
    let arrive = (): void => undefined;
    shelf.bring = () => new Promise((resolve) => (arrive = resolve));
    const registered = register({ startupTimeout: 1000 }); // it is answered when it is known how the start went
    await until(() => shelf.asked.length === 1);
    await sleep(1100);
    const meanwhile = await view();
    expect([meanwhile.status, meanwhile.lastError]).toEqual(['connecting', undefined]);
    shelf.bring = () => Promise.resolve();
    await gateway.rest('PUT', '/mcp/servers/tool', { startupTimeout: 60_000 });
    arrive(); // for a configuration that is gone
    await isIn('connected');
    expect((await view()).args).toEqual(registration('tool').args);
    expect((await view()).toolsList.map(({ name }: { name: string }) => name)).toContain('brought');
    expect(shelf.inUse).toBe(1);
    await registered;
  });

  it('have failed to start when it fails, and are started again', async () => {
    shelf.bring = () => Promise.reject(new Problem(502, 'registry_unreachable', 'The registry is away'));
    await register();
    await isIn('error');
    expect((await view()).lastError).toBe('The package of server tool could not be installed: The registry is away');
    shelf.bring = () => Promise.resolve();
    await isIn('connected');
    expect(shelf.asked.length).toBeGreaterThan(1);
  });

  it('are given up with their server, and need their program until nothing runs of it', async () => {
    const reasons: unknown[] = [];
    shelf.bring = (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => (reasons.push(signal.reason), reject(signal.reason))),
      );
    const registered = register();
    await until(() => shelf.asked.length === 1);
    await gateway.rest('DELETE', '/mcp/servers/tool');
    await registered;
    expect([reasons.length, shelf.inUse]).toEqual([1, 0]);

    shelf.bring = () => Promise.resolve();
    await register();
    await isIn('connected');
    expect(shelf.inUse).toBe(1);
    await gateway.rest('DELETE', '/mcp/servers/tool');
    expect(shelf.inUse).toBe(0);
  });
});
