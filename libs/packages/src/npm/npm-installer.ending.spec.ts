import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import {
  mcpServer,
  serverWithPostinstall,
  type PackageDefinition,
} from '../../../../test/simulators/npm-registry/index.js';
import { eventually } from '../../../../test/support/eventually.js';
import { descendants, isAlive } from '../../../../test/support/process-tree.js';
import { NpmFixture, RUN_TYPESCRIPT, type ObservedInstall } from '../../testing/src/npm-fixture.js';
import type { NpmInstaller } from './npm-installer.js';

const PARENT = resolve(import.meta.dirname, '../../testing/src/npm-install-parent.ts');
const PROGRAM = resolve(import.meta.dirname, 'install-program.ts');

let fixture: NpmFixture;

beforeEach(async () => {
  fixture = await NpmFixture.start();
});

afterEach(() => fixture.stop());

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
  fixture.registry.always('document weather', 'never');
  const asked = fixture.registry.nextRequest('document weather');
  const install = fixture.begin({ name: 'weather' }, installer);
  await asked;
  return install;
}

describe('NpmInstaller ends an install', () => {
  it('that waits for the registry, when it is aborted', async () => {
    const install = await beginWaiting();
    const pids = fixture.programs();
    expect(pids).toHaveLength(1);
    const hungUp = fixture.registry.nextAbort('document weather');
    install.abort();
    await expect(install.result).rejects.toEqual(cancelled);
    expect(pids.filter(isAlive)).toEqual([]);
    await hungUp;
  });

  it('with all that its scripts have started, when it is aborted', async () => {
    await fixture.registry.publish(hangingServer());
    const install = fixture.begin({ name: 'weather', allowScripts: true });
    await install.says('hanging');
    const [program] = fixture.programs();
    const pids = [program, ...descendants(program)];
    expect(pids.length).toBeGreaterThanOrEqual(3);
    install.abort();
    await expect(install.result).rejects.toEqual(cancelled);
    await gone(pids);
  });

  it('before it has begun, when it is aborted while it waits for its turn', async () => {
    const first = await beginWaiting();
    const second = await beginWaiting();
    const third = fixture.begin({ name: 'weather' });
    third.abort();
    await expect(third.result).rejects.toEqual(cancelled);
    expect(fixture.programs()).toHaveLength(2);
    expect(existsSync(third.folder)).toBe(false);
    first.abort();
    second.abort();
    await expect(Promise.allSettled([first.result, second.result])).resolves.toHaveLength(2);
    const fourth = await beginWaiting();
    fourth.abort();
    await expect(fourth.result).rejects.toEqual(cancelled);
  });

  it('that takes too long', async () => {
    const impatient = fixture.installerWith({ timeoutMs: 2000 });
    fixture.registry.always('document weather', 'never');
    const install = fixture.begin({ name: 'weather' }, impatient);
    await expect(install.result).rejects.toMatchObject({ code: 'timeout', message: 'The install took more than 2 s' });
    expect(fixture.programs()).toEqual([]);
  });

  it('when the gateway shuts down, and begins no other', async () => {
    const running = await beginWaiting();
    const alsoRunning = await beginWaiting();
    const waiting = fixture.begin({ name: 'weather' });
    await fixture.installer.onApplicationShutdown();
    expect(fixture.programs()).toEqual([]);
    const late = fixture.begin({ name: 'weather' });
    for (const { result } of [running, alsoRunning, waiting, late]) await expect(result).rejects.toEqual(cancelled);
  });

  it('when the gateway is killed', async () => {
    await fixture.registry.publish(hangingServer());
    const request = { tenant: 'default', name: 'weather', allowScripts: true };
    const args = [JSON.stringify(fixture.settings), JSON.stringify(request), join(fixture.root, 'orphan')];
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
    await fixture.registry.publish(mcpServer());
    const { registry, cacheDir } = fixture.settings;
    const folder = join(fixture.root, 'orphan');
    const order = { stage: 'fetch', name: 'weather', version: 'latest', folder, registries: { registry }, cacheDir };
    const program = spawn(process.execPath, [...RUN_TYPESCRIPT, PROGRAM], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    (program.stdio[3] as Duplex).end(`${JSON.stringify(order)}\n`);
    await once(program, 'exit');
    expect(fixture.registry.counts.total).toBe(0);
  });
});

describe('NpmInstaller', () => {
  it('says so when its process is killed, and the next install works', async () => {
    const install = await beginWaiting();
    process.kill(fixture.programs()[0], 'SIGKILL');
    await expect(install.result).rejects.toMatchObject({
      code: 'install_failed',
      message: 'The install was ended by SIGKILL',
    });
    fixture.registry.behave();
    await fixture.registry.publish(mcpServer());
    await expect(fixture.begin({ name: 'weather' }).result).resolves.toMatchObject({ version: '1.0.0' });
  });

  it('leaves a cache that works, whenever its process is killed', async () => {
    const content = 'x'.repeat(200_000);
    await fixture.registry.publish({ ...mcpServer(), files: { 'index.js': content, 'other.js': content } });
    const tarball = 'tarball weather';
    const killWhen = async (isThere: (install: ObservedInstall) => Promise<unknown>) => {
      const install = fixture.begin({ name: 'weather' });
      await isThere(install);
      for (const pid of fixture.programs()) process.kill(pid, 'SIGKILL');
      const [outcome] = await Promise.allSettled([install.result]);
      return outcome;
    };
    const failed = { status: 'rejected', reason: { code: 'install_failed' } };
    fixture.registry.next(tarball, 'never');
    expect(await killWhen(() => fixture.registry.nextRequest(tarball))).toMatchObject(failed);
    // While the tarball is written; or the install has just ended.
    const done = { status: 'fulfilled', value: { version: '1.0.0' } };
    const outcome = await killWhen((install) => install.says('weather-1.0.0.tgz'));
    expect(outcome).toMatchObject(outcome.status === 'fulfilled' ? done : failed);
    await expect(fixture.begin({ name: 'weather' }).result).resolves.toMatchObject({ version: '1.0.0' });
  });
});
