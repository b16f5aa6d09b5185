import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedis, RedisServer } from '@manifold/bus/testing';
import { ServerHost } from '@manifold/server-model';
import { eventually } from '../../../test/support/eventually.js';
import { mcpServer, NpmRegistrySimulator } from '../../../test/simulators/npm-registry/index.js';
import { deferred } from '../../../test/support/deferred.js';
import { PackageReplica } from '../testing/src/package-replica.js';
import type { StoredServers } from '../testing/src/server-fixture.js';
import { unfollowed } from './model/install-progress.js';
import { Jobs } from './jobs/jobs.service.js';
import { PackageDeletions } from './installs/package-deletions.service.js';
import { PackageInstalls, type InstallRequest } from './installs/package-installs.service.js';
import type { PackageRecord } from './model/package-record.js';
import { PackageRecords } from './model/package-records.service.js';
import { PackageWork } from './installs/package-work.js';
import { PackageUpgrades } from './installs/package-upgrades.service.js';

const NOBODY = unfollowed(new AbortController().signal);

(hasRedis ? describe : describe.skip)('packages of several replicas', () => {
  let redis: RedisServer;
  let registry: NpmRegistrySimulator;
  let folder: string;
  let servers: StoredServers;
  let replicas: PackageReplica[];
  let a: PackageReplica;
  let b: PackageReplica;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  beforeEach(async () => {
    registry = await NpmRegistrySimulator.start();
    for (const version of ['1.0.0', '2.0.0']) await registry.publish(mcpServer({ name: 'weather', version }));
    folder = await mkdtemp(join(tmpdir(), 'manifold-replicas-'));
    servers = new Map();
    replicas = [];
    [a, b] = [await start(), await start()];
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await registry.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(installOnStart = ''): Promise<PackageReplica> {
    const shared = { folder, redisUrl: redis.url, npmRegistry: registry.url, servers, installOnStart };
    const replica = await PackageReplica.start(shared);
    replicas.push(replica);
    return replica;
  }
  const install = (replica: PackageReplica, version = '1.0.0'): Promise<void> => {
    const wanted = { name: 'weather', version, allowScripts: false };
    const request: InstallRequest = { serverName: 'weather', runtime: 'node', wanted, settings: { args: ['--own'] } };
    return replica.get(PackageInstalls).install('default', request, NOBODY);
  };
  const upgrade = (replica: PackageReplica): Promise<void> =>
    replica.get(PackageUpgrades).upgrade('default', 'weather', '2.0.0', NOBODY);
  const record = async (): Promise<PackageRecord | undefined> =>
    (await a.get(PackageRecords).find('default', 'weather'))?.value;
  /** Fulfilled ones as `done`. */
  const outcomes = async (works: Promise<unknown>[]): Promise<unknown[]> =>
    (await Promise.allSettled(works)).map((work) => (work.status === 'fulfilled' ? 'done' : work.reason.code)).sort();

  it('are on all machines before their server is, in folders of their own', async () => {
    await install(a);
    expect(b.folders()).toEqual(a.folders());
    const [here, there] = await Promise.all([a.prepare('weather'), b.prepare('weather')]);
    expect([here.command, there.command]).toEqual(['node', 'node']);
    expect([a.owns(here.args[0]!), b.owns(there.args[0]!)]).toEqual([true, true]);
    expect([here.args[1], there.args[1]]).toEqual(['--own', '--own']);
  });

  it('are installed on a machine that has lost them or never had them, once, in the version that is recorded', async () => {
    await install(a);
    await registry.publish(mcpServer({ name: 'weather', version: '1.1.0' }));
    const late = await start();
    registry.clearRequests();
    const [program, again] = await Promise.all([late.prepare('weather'), late.prepare('weather')]);

    expect(registry.requestsTo('tarball weather')).toHaveLength(1);
    expect(late.folders()).toEqual(a.folders());
    expect([late.owns(program.args[0]!), existsSync(program.args[0]!)]).toEqual([true, true]);
    expect(again.args).toEqual(program.args);
    await registry.publish(mcpServer({ name: 'weather', version: '1.0.0', tools: ['another'] }));
    const later = await start();
    await expect(later.prepare('weather')).rejects.toMatchObject({ status: 422, code: 'integrity_mismatch' });
    await eventually('nothing is left', () => later.folders().length === 0);
  });

  it('are not installed any more when nobody waits for them', async () => {
    await install(a);
    const late = await start();
    registry.next('tarball weather', 'never');
    const [arrived, aborted] = [registry.nextRequest('tarball weather'), registry.nextAbort('tarball weather')];
    const enough = new AbortController();
    const waiting = late.prepare('weather', enough.signal);
    await arrived;
    enough.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await aborted;
    await eventually('nothing is left', () => late.folders().length === 0);
    expect(late.owns((await late.prepare('weather')).args[0]!)).toBe(true);
  });

  it('are installed for one server by one replica: the other is told 409', async () => {
    registry.next('tarball weather', { slowMs: 1500 });
    expect(await outcomes([install(a), install(b)])).toEqual(['done', 'package_busy']);
    expect(await outcomes([install(b)])).toEqual(['server_already_exists']);
    const { folder: installed } = (await record())!.current;
    expect([a.folders(), b.folders()]).toEqual([[installed], [installed]]);
  });

  it('are upgraded by one replica at a time, and the old version goes from each machine when nothing runs from it', async () => {
    await install(a);
    const old = await b.prepare('weather');
    registry.next('tarball weather', { slowMs: 1500 });
    expect(await outcomes([upgrade(a), upgrade(b)])).toEqual(['done', 'package_busy']);

    const { current, next } = (await record())!;
    expect([current.version, next]).toEqual(['2.0.0', undefined]);
    const fresh = await b.prepare('weather');
    expect(existsSync(old.args[0]!)).toBe(true);
    expect(fresh.args).toEqual([expect.stringContaining(current.folder), '--own']);
    old.release();
    await eventually('only the new version is left', () =>
      [a, b].every((replica) => replica.folders().join() === current.folder),
    );
  });

  it('go from all machines with their server, and what another replica does to them ends', async () => {
    await install(a);
    (await b.prepare('weather')).release();
    registry.next('tarball weather', 'never');
    const arrived = registry.nextRequest('tarball weather');
    const upgrading = outcomes([upgrade(a)]);
    await arrived;
    await b.get(PackageDeletions).uninstall('default', 'weather');

    expect(await upgrading).toEqual(['cancelled']);
    expect([await record(), servers.size]).toEqual([undefined, 0]);
    await eventually('no file is left', () => [a, b].every((replica) => replica.folders().length === 0));
    await install(b);
  });

  it('are left alone by a replica that starts while another one works on them', async () => {
    await install(a);
    const [reached, swap] = [deferred<void>(), deferred<void>()];
    const host = a.get(ServerHost);
    const replace = host.replace.bind(host);
    jest.spyOn(host, 'replace').mockImplementationOnce(async (...args) => {
      reached.resolve();
      await swap.promise;
      return replace(...args);
    });
    const upgrading = upgrade(a);
    await reached.promise;
    const late = await start();
    await expect(upgrade(late)).rejects.toMatchObject({ code: 'package_busy' });
    expect((await record())!.next?.version).toBe('2.0.0');
    swap.resolve();
    await upgrading;
    expect((await record())!.current.version).toBe('2.0.0');
  });

  it.each([
    ['before', '1.0.0'],
    ['after', '2.0.0'],
  ])('are put right when the replica that upgraded them died %s the swap', async (when, version) => {
    await install(a);
    const reached = deferred<void>();
    const host = a.get(ServerHost);
    const replace = host.replace.bind(host);
    jest.spyOn(host, 'replace').mockImplementationOnce(async (...args) => {
      if (when === 'after') await replace(...args);
      reached.resolve();
      return new Promise(() => undefined);
    });
    void upgrade(a);
    await reached.promise;
    await dies(a);
    await start();
    await eventually('it is put right', async () => {
      const { value } = (await b.get(PackageRecords).find('default', 'weather'))!;
      return value.next === undefined && value.current.version === version;
    });
    expect((await b.prepare('weather')).args[0]).toContain(
      (await b.get(PackageRecords).list('default'))[0]!.current.folder,
    );
  });

  it('go when the replica that installed them died before their server was registered', async () => {
    const reached = deferred<void>();
    jest.spyOn(a.get(ServerHost), 'register').mockImplementationOnce(() => {
      reached.resolve();
      return new Promise(() => undefined);
    });
    void install(a);
    await reached.promise;
    expect([await record(), b.folders().length]).toEqual([expect.objectContaining({ name: 'weather' }), 1]);
    await dies(a);
    a = b;
    await start();
    await eventually('neither record nor files are left', async () => !(await record()) && b.folders().length === 0);
    await install(b);
    expect(servers.has('weather')).toBe(true);
  });

  /** Nothing is tidied up: its store and its bus are gone. */
  async function dies(replica: PackageReplica): Promise<void> {
    replicas.splice(replicas.indexOf(replica), 1);
    await replica.vanish();
  }

  it('are installed by one of the replicas that start with INSTALL_ON_START at the same time', async () => {
    const all = [await start('weather@1.0.0|weather'), await start('weather@1.0.0|weather')];
    const turns = all.map((replica) => jest.spyOn(replica.get(PackageWork), 'inTurn'));
    registry.next('tarball weather', { slowMs: 1000 });
    for (const replica of all) replica.listens();
    await eventually('both take turns', () => turns.every(({ mock }) => mock.calls.length === 1));
    await Promise.all(turns.map(({ mock }) => mock.results[0]!.value));
    expect(servers.has('weather')).toBe(true);
    const { folder: installed } = (await record())!.current;
    expect([a, b, ...all].map((replica) => replica.folders())).toEqual(Array(4).fill([installed]));
  });

  it('have jobs that every replica shows as they stand, and cancels', async () => {
    const jobs = (replica: PackageReplica): Jobs => replica.get(Jobs);
    const about = { tenant: 'default', kind: 'install', serverName: 'weather' } as const;
    const { job, result } = await jobs(a).start(about, async (progress) => {
      progress.onStep(40, 'downloading');
      progress.onLog('a line');
      return new Promise<object>((_, reject) =>
        progress.signal.addEventListener('abort', () => reject(progress.signal.reason)),
      );
    });
    const running = { status: 'running', percent: 40, step: 'downloading', log: ['a line'] };
    expect(await jobs(b).get('default', job.id)).toMatchObject(running);
    expect((await jobs(b).list('default')).map(({ record }) => record)).toMatchObject([running]);
    await expect(jobs(b).get('other', job.id)).rejects.toMatchObject({ status: 404 });

    await jobs(b).cancel('default', job.id);
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
    expect(await jobs(b).get('default', job.id)).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
  });

  it('have jobs that have failed when their replica died', async () => {
    const { job } = await a
      .get(Jobs)
      .start({ tenant: 'default', kind: 'upgrade-all' }, () => new Promise<object>(() => undefined));
    await dies(a);
    expect(await b.get(Jobs).get('default', job.id)).toMatchObject({
      status: 'failed',
      error: { code: 'interrupted' },
    });
  });
});
