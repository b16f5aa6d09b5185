import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasRedis } from '@manifold/bus/testing';
import { mcpServer, NpmRegistrySimulator } from '../simulators/npm-registry/index.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import type { GatewayReplica } from '../support/gateway-replica.js';
import { PackagesClient } from '../support/packages-client.js';
import { processesNaming } from '../support/process-tree.js';
import { RestClient } from '../support/rest-client.js';

(hasRedis ? describe : describe.skip)('Packages of two replicas, each with folders of its own', () => {
  let registry: NpmRegistrySimulator;
  let gateway: GatewayProcess;
  let one: GatewayReplica;
  let two: GatewayReplica;

  beforeAll(async () => {
    registry = await NpmRegistrySimulator.start();
    await registry.publish(mcpServer({ name: 'weather', version: '1.0.0', tools: ['old'] }));
    await registry.publish(mcpServer({ name: 'weather', version: '2.0.0', tools: ['new'] }));
    gateway = await GatewayProcess.start({ replicas: 2, env: { NPM_REGISTRY: registry.url } });
    [one, two] = gateway.replicas as [GatewayReplica, GatewayReplica];
  });
  afterAll(async () => {
    await gateway?.dispose();
    await registry?.stop();
  });

  const rest = ({ url }: GatewayReplica): RestClient => new RestClient(url);
  const packages = (replica: GatewayReplica): PackagesClient => new PackagesClient(rest(replica));
  const npmDir = ({ env }: GatewayReplica): string => join(env.DATA_DIR!, 'packages/npm');
  const folders = (replica: GatewayReplica): string[] =>
    existsSync(npmDir(replica)) ? readdirSync(npmDir(replica)) : [];
  const call = async (replica: GatewayReplica, methodName: string): Promise<number> =>
    (await rest(replica).callTool({ serverName: 'weather', methodName, args: {} })).status;
  const runsAt = (replica: GatewayReplica): Promise<true> =>
    eventually(
      'the server runs',
      async () => (await rest(replica).server('weather')).body.server?.status === 'connected',
    );

  it(cites('packages.replicas', 'run on each from its own folder, wherever they were installed'), async () => {
    const { status, body } = await packages(one).install({ name: 'weather', version: '1.0.0', serverName: 'weather' });
    expect([status, body.server?.status]).toEqual([200, 'connected']);
    for (const replica of [one, two]) {
      expect(await call(replica, 'old')).toBe(200);
      expect(processesNaming(npmDir(replica)).length).toBeGreaterThan(0);
    }
    const [there, here] = [await packages(two).get('weather'), await packages(one).get('weather')];
    expect({ ...there.body.package, installPath: '' }).toEqual({ ...here.body.package, installPath: '' });
  });

  it(cites('packages.replicas', 'show and cancel the jobs of each other'), async () => {
    registry.next('tarball weather', 'never');
    const arrived = registry.nextRequest('tarball weather');
    const { body } = await packages(two).installAsync({ name: 'weather', version: '2.0.0', serverName: 'other' });
    await arrived;
    const path = `/packages/jobs/${body.job.id}`;
    const shown = await rest(one).request<{ job: { status: string; percent: number } }>('GET', path);
    expect(shown.body.job).toMatchObject({ status: 'running', percent: expect.any(Number) });
    expect(shown.body.job.percent).toBeGreaterThan(0);
    const busy = await packages(one).install({ name: 'weather', version: '2.0.0', serverName: 'other' });
    expect([busy.status, busy.body.code]).toEqual([409, 'package_busy']);
    const events = packages(one).events(path);
    expect((await rest(one).request('DELETE', path)).status).toBe(200);
    expect((await events).at(-1)).toMatchObject({ event: 'end', data: { error: { code: 'cancelled' } } });
    expect((await rest(two).server('other')).status).toBe(404);
  });

  it(cites('packages.replicas', 'are upgraded from either, and the old version goes from both'), async () => {
    expect((await packages(two).upgrade('weather', '2.0.0')).status).toBe(200);
    for (const replica of [one, two]) {
      await runsAt(replica);
      expect(await call(replica, 'new')).toBe(200);
    }
    await eventually('one version is left on each', () =>
      [one, two].every((replica) => folders(replica).length === 1 && folders(replica)[0] === folders(one)[0]),
    );
  });

  it(cites('packages.restored', 'come back to a replica that starts with empty folders'), async () => {
    await one.kill9();
    rmSync(npmDir(one), { recursive: true });
    await one.start();
    await runsAt(one);
    expect(await call(one, 'new')).toBe(200);
    expect(folders(one)).toEqual(folders(two));
  });

  it(cites('packages.replicas', 'go from both when they are removed from one'), async () => {
    expect((await packages(one).remove('weather')).status).toBe(200);
    await eventually('nothing is left', () => [one, two].every((replica) => folders(replica).length === 0));
    await eventually('nothing runs', () =>
      [one, two].every((replica) => processesNaming(npmDir(replica)).length === 0),
    );
    expect((await packages(two).list()).body.packages).toEqual([]);
  });
});
