import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { mcpServer, NpmRegistrySimulator } from '../simulators/npm-registry/index.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess, REPLICAS } from '../support/gateway-process.js';
import { PackagesClient } from '../support/packages-client.js';
import { commandLine, processesNaming } from '../support/process-tree.js';
import { RestClient } from '../support/rest-client.js';

/** `PACKAGE_KILLS=200 npx jest test/e2e/package-kills` does what the requirement says; a few of them belong to every test run. */
const KILLS = Number(process.env.PACKAGE_KILLS ?? 4);
/** By when an install or upgrade has ended on an idle machine; kills fall anywhere before. */
const LATEST_KILL_MS = 1800;
const SERVERS = ['alpha', 'beta'];
/** Each version has a tool of its own name, so that the tools of a server say which version runs. */
const VERSIONS = ['1.0.0', '2.0.0', '3.0.0'];
const toolOf = (version: string): string => `only_in_${version.replaceAll('.', '_')}`;

describe('Packages of a gateway that is killed', () => {
  let registry: NpmRegistrySimulator;
  let gateway: GatewayProcess;
  let rest: RestClient;
  let packages: PackagesClient;
  /** The versions that may be there, by server: the last acknowledged one (undefined: none), and those of unacknowledged requests. */
  let possible: Map<string, Set<string | undefined>>;

  beforeAll(async () => {
    registry = await NpmRegistrySimulator.start();
    for (const version of VERSIONS) {
      await registry.publish(mcpServer({ name: 'weather', version, tools: [toolOf(version)] }));
    }
    gateway = await GatewayProcess.start({ env: { NPM_REGISTRY: registry.url } });
    rest = new RestClient(gateway.url);
    packages = new PackagesClient(rest);
    possible = new Map(SERVERS.map((server) => [server, new Set([undefined])]));
  });
  afterAll(async () => {
    await gateway?.dispose();
    await registry?.stop();
  });

  const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)]!;
  /** Returns the number of installs of the replica that has the most. */
  const installs = (): number => {
    const folders = gateway.dataDirs.map((dataDir) => join(dataDir, 'packages/npm'));
    return Math.max(...folders.map((folder) => (existsSync(folder) ? readdirSync(folder).length : 0)));
  };
  async function installed(): Promise<Map<string, string>> {
    const { body } = await packages.list();
    return new Map(body.packages.map(({ mcpServerId, version }) => [mcpServerId, version]));
  }

  /** Begins something that the state allows. When it answers, the answer is acknowledged. */
  function begin(server: string, version: string | undefined): string {
    const wanted = pick(VERSIONS);
    const acknowledged = (status: number, now: string | undefined): void => {
      if (status === 200) possible.set(server, new Set([now]));
    };
    const note = (request: Promise<{ status: number }>, now: string | undefined): void => {
      possible.get(server)!.add(now);
      request.then(({ status }) => acknowledged(status, now)).catch(() => undefined); // killed before the answer
    };
    if (version === undefined) {
      note(packages.install({ name: 'weather', version: wanted, serverName: server }), wanted);
      return `install ${wanted}`;
    }
    if (Math.random() < 0.25) {
      note(packages.remove(server), undefined);
      return 'remove';
    }
    note(packages.upgrade(server, wanted), wanted);
    return `upgrade ${version} to ${wanted}`;
  }

  async function registered(): Promise<string[]> {
    const { body } = await rest.servers();
    return body.servers.map(({ name }) => name).filter((name) => SERVERS.includes(name));
  }
  async function runs(server: string, version: string): Promise<boolean> {
    const view = (await rest.server(server)).body.server;
    return view.status === 'connected' && view.toolsList?.map(({ name }) => name).join() === toolOf(version);
  }

  /** The only process tidies up before it listens. Replicas first find out that those who worked on a package live no more. */
  async function isTidy(): Promise<boolean> {
    const now = await installed();
    if (!isDeepStrictEqual((await registered()).sort(), [...now.keys()].sort()) || installs() !== now.size)
      return false;
    const running = await Promise.all([...now].map(([server, version]) => runs(server, version)));
    return running.every(Boolean);
  }

  async function isConsistent(history: string): Promise<void> {
    if (REPLICAS > 1) await eventually(`what was left is tidied up (${history})`, isTidy);
    const now = await installed();
    const packages = [...now.keys()].sort();
    const state = { history, servers: (await registered()).sort(), packages, folders: installs() };
    expect(state).toEqual({ history, servers: packages, packages, folders: now.size });
    for (const server of SERVERS) {
      expect({ history, server, version: now.get(server), possible: [...possible.get(server)!] }).toMatchObject({
        possible: expect.arrayContaining([now.get(server)]),
      });
      possible.set(server, new Set([now.get(server)]));
    }
    for (const [server, version] of now) {
      await eventually(`${server} runs ${version} (${history})`, () => runs(server, version));
    }
    const own = new Set(gateway.children());
    await eventually(`no process is left over (${history})`, () =>
      processesNaming(gateway.dataDir).every((pid) => own.has(pid) || commandLine(pid) === ''),
    );
  }

  it(cites('packages.kill-9', 'are in one state or the other, wherever the kill fell'), async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const now = await installed();
      const begun = SERVERS.filter(() => Math.random() < 0.8).map(
        (server) => `${server}: ${begin(server, now.get(server))}`,
      );
      const afterMs = Math.random() * LATEST_KILL_MS;
      await sleep(afterMs);
      await gateway.kill9();
      await gateway.restart();
      await isConsistent(`kill ${kill}, ${Math.round(afterMs)} ms after ${begun.join(', ') || 'nothing'}`);
    }
  });
});
