import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import {
  mcpServer,
  serverWithPostinstall,
  type PackageDefinition,
} from '../../../../test/simulators/npm-registry/index.js';
import { eventually } from '../../../../test/support/eventually.js';
import { descendants, isAlive } from '../../../../test/support/process-tree.js';
import { NpmWorkbench, RUN_TYPESCRIPT, type ObservedInstall } from '../../testing/src/npm-workbench.js';
import { NpmInstaller } from './npm-installer.js';

const PARENT = resolve(import.meta.dirname, '../../testing/src/npm-install-parent.ts');
const PROGRAM = resolve(import.meta.dirname, 'install-program.ts');

let workbench: NpmWorkbench;

beforeEach(async () => {
  workbench = await NpmWorkbench.start();
});

afterEach(() => workbench.stop());

const cancelled = expect.objectContaining({ name: 'InstallError', code: 'cancelled' });

/** Its install script starts a process of its own, and neither ends. */
function hangingServer(): PackageDefinition {
  const definition = serverWithPostinstall();
  const script = `
    require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
      .on('spawn', () => console.log('hanging'));
  `;
  return { ...definition, files: { ...definition.files, 'postinstall.js': script } };
}

const gone = (pids: number[]): Promise<true> => eventually('the processes end', () => !pids.some(isAlive));

/** An install that waits for the registry. */
async function beginWaiting(installer?: NpmInstaller): Promise<ObservedInstall> {
  workbench.registry.always('document weather', 'never');
  const asked = workbench.registry.nextRequest('document weather');
  const install = workbench.begin({ name: 'weather' }, installer);
  await asked;
  return install;
}

describe('NpmInstaller ends an install', () => {
  it('that waits for the registry, when it is aborted', async () => {
    const install = await beginWaiting();
    const pids = workbench.programs();
    expect(pids).toHaveLength(1);
    const hungUp = workbench.registry.nextAbort('document weather');
    install.abort();
    await expect(install.result).rejects.toEqual(cancelled);
    expect(pids.filter(isAlive)).toEqual([]);
    await hungUp;
  });

  it('with all that its scripts have started, when it is aborted', async () => {
    await workbench.registry.publish(hangingServer());
    const install = workbench.begin({ name: 'weather', allowScripts: true });
    await install.says('hanging');
    const [program] = workbench.programs();
    const pids = [program, ...descendants(program)];
    expect(pids.length).toBeGreaterThanOrEqual(3);
    install.abort();
    await expect(install.result).rejects.toEqual(cancelled);
    await gone(pids);
  });

  it('before it has begun, when it is aborted while it waits for its turn', async () => {
    const first = await beginWaiting();
    const second = await beginWaiting();
    const third = workbench.begin({ name: 'weather' });
    third.abort();
    await expect(third.result).rejects.toEqual(cancelled);
    expect(workbench.programs()).toHaveLength(2);
    expect(existsSync(third.folder)).toBe(false);
    first.abort();
    second.abort();
    await expect(Promise.allSettled([first.result, second.result])).resolves.toHaveLength(2);
    const fourth = await beginWaiting();
    fourth.abort();
    await expect(fourth.result).rejects.toEqual(cancelled);
  });

  it('that takes too long', async () => {
    const impatient = new NpmInstaller({ ...workbench.settings, timeoutMs: 2000 });
    workbench.registry.always('document weather', 'never');
    const install = workbench.begin({ name: 'weather' }, impatient);
    await expect(install.result).rejects.toMatchObject({ code: 'timeout', message: 'The install took more than 2 s' });
    expect(workbench.programs()).toEqual([]);
  });

  it('when the gateway shuts down, and begins no other', async () => {
    const running = await beginWaiting();
    const alsoRunning = await beginWaiting();
    const waiting = workbench.begin({ name: 'weather' });
    await workbench.installer.onApplicationShutdown();
    expect(workbench.programs()).toEqual([]);
    const late = workbench.begin({ name: 'weather' });
    for (const { result } of [running, alsoRunning, waiting, late]) await expect(result).rejects.toEqual(cancelled);
  });

  it('when the gateway is killed', async () => {
    await workbench.registry.publish(hangingServer());
    const request = { name: 'weather', allowScripts: true };
    const args = [JSON.stringify(workbench.settings), JSON.stringify(request), join(workbench.root, 'orphan')];
    const gateway = spawn(process.execPath, [...RUN_TYPESCRIPT, PARENT, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(gateway.stdout)) if (line === 'hanging') break;
    const pids = descendants(gateway.pid!);
    expect(pids.length).toBeGreaterThanOrEqual(3);
    gateway.kill('SIGKILL');
    await gone(pids);
  });

  it('that the gateway has ordered just before it was killed', async () => {
    await workbench.registry.publish(mcpServer());
    const { registry, cacheDir } = workbench.settings;
    const folder = join(workbench.root, 'orphan');
    const order = { name: 'weather', version: 'latest', folder, registry, cacheDir, allowScripts: false };
    const program = spawn(process.execPath, [...RUN_TYPESCRIPT, PROGRAM], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    program.send(order, () => program.disconnect());
    await once(program, 'exit');
    expect(workbench.registry.counts.total).toBe(0);
  });
});

describe('NpmInstaller', () => {
  it('says so when its process is killed, and the next install works', async () => {
    const install = await beginWaiting();
    process.kill(workbench.programs()[0], 'SIGKILL');
    await expect(install.result).rejects.toMatchObject({
      code: 'install_failed',
      message: 'The install was ended by SIGKILL',
    });
    workbench.registry.behave();
    await workbench.registry.publish(mcpServer());
    await expect(workbench.begin({ name: 'weather' }).result).resolves.toMatchObject({ version: '1.0.0' });
  });

  it('leaves a cache that works, whenever its process is killed', async () => {
    const content = 'x'.repeat(200_000);
    await workbench.registry.publish({ ...mcpServer(), files: { 'index.js': content, 'other.js': content } });
    const tarball = 'tarball weather';
    const killWhen = async (isThere: (install: ObservedInstall) => Promise<unknown>) => {
      const install = workbench.begin({ name: 'weather' });
      await isThere(install);
      for (const pid of workbench.programs()) process.kill(pid, 'SIGKILL');
      const [outcome] = await Promise.allSettled([install.result]);
      return outcome;
    };
    const failed = { status: 'rejected', reason: { code: 'install_failed' } };
    workbench.registry.next(tarball, 'never');
    expect(await killWhen(() => workbench.registry.nextRequest(tarball))).toMatchObject(failed);
    // While the tarball is written; or the install has just ended.
    const done = { status: 'fulfilled', value: { version: '1.0.0' } };
    const outcome = await killWhen((install) => install.says('weather-1.0.0.tgz'));
    expect(outcome).toMatchObject(outcome.status === 'fulfilled' ? done : failed);
    await expect(workbench.begin({ name: 'weather' }).result).resolves.toMatchObject({ version: '1.0.0' });
  });
});
