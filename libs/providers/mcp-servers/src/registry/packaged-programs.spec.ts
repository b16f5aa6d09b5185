import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '@manifold/rest';
import {
  ServerExtensions,
  type PreparedProgram,
  type ServerProgram,
  type ServerPrograms,
} from '@manifold/server-model';
import { registration, TestGateway, until } from '../../testing/src/gateway.js';

/** Programs that have to be installed first. */
class ProgramsFixture implements ServerPrograms {
  readonly asked: string[] = [];
  inUse = 0;
  install: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  async prepare(_tenant: string, name: string, program: ServerProgram, signal: AbortSignal): Promise<PreparedProgram> {
    this.asked.push(name);
    await this.install(signal);
    this.inUse += 1;
    return { ...program, args: [...program.args, '--also=installed'], release: () => (this.inUse -= 1) };
  }

  async isOfPackage(): Promise<boolean> {
    return true;
  }
}

describe('servers whose programs have to be installed on the machine', () => {
  let gateway: TestGateway;
  let fixture: ProgramsFixture;
  beforeEach(async () => {
    gateway = await TestGateway.start();
    fixture = new ProgramsFixture();
    gateway.app.get(ServerExtensions, { strict: false }).programs = fixture;
  });
  afterEach(() => gateway.destroy());

  const register = (settings: object = {}) =>
    gateway.rest('POST', '/mcp/servers', { ...registration('tool'), ...settings });
  const view = async () => (await gateway.rest('GET', '/mcp/servers/tool')).body.server;
  const isIn = (status: string) => until(async () => (await view()).status === status);

  it('are connecting meanwhile, for as long as that takes, and keep the command that their operator sees', async () => {
    let arrive = (): void => undefined;
    fixture.install = () => new Promise((resolve) => (arrive = resolve));
    const registered = register({ startupTimeout: 1000 }); // it is answered when it is known how the start went
    await until(() => fixture.asked.length === 1);
    await sleep(1100);
    const meanwhile = await view();
    expect([meanwhile.status, meanwhile.lastError]).toEqual(['connecting', undefined]);
    fixture.install = () => Promise.resolve();
    await gateway.rest('PUT', '/mcp/servers/tool', { startupTimeout: 60_000 });
    arrive(); // for a configuration that is gone
    await isIn('connected');
    expect((await view()).args).toEqual(registration('tool').args);
    expect((await view()).toolsList.map(({ name }: { name: string }) => name)).toContain('installed');
    expect(fixture.inUse).toBe(1);
    await registered;
  });

  it('have failed to start when it fails, and are started again', async () => {
    fixture.install = () => Promise.reject(new ProblemError(502, 'registry_unreachable', 'The registry is away'));
    await register();
    await isIn('error');
    expect((await view()).lastError).toBe('The package of server tool could not be installed: The registry is away');
    fixture.install = () => Promise.resolve();
    await isIn('connected');
    expect(fixture.asked.length).toBeGreaterThan(1);
  });

  it('are given up with their server, and need their program until nothing runs of it', async () => {
    const reasons: unknown[] = [];
    fixture.install = (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => (reasons.push(signal.reason), reject(signal.reason))),
      );
    const registered = register();
    await until(() => fixture.asked.length === 1);
    await gateway.rest('DELETE', '/mcp/servers/tool');
    await registered;
    expect([reasons.length, fixture.inUse]).toEqual([1, 0]);

    fixture.install = () => Promise.resolve();
    await register();
    await isIn('connected');
    expect(fixture.inUse).toBe(1);
    await gateway.rest('DELETE', '/mcp/servers/tool');
    expect(fixture.inUse).toBe(0);
  });
});
