import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { certificateEnvironment, proxyEnvironment } from '../../libs/config/src/environment.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1 } from '../support/mcp-clients.js';
import { PackagesClient, type Installation } from '../support/packages-client.js';
import { processesNaming } from '../support/process-tree.js';
import { RestClient } from '../support/rest-client.js';

/** The registry that this project's own packages come from. */
const REGISTRY = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
/** Where no registry can be reached, as on a train, there is nothing to install from. */
const isReachable = (): boolean => {
  const ask = `fetch(process.argv[1], { method: 'HEAD' }).then(({ ok }) => process.exit(ok ? 0 : 1))`;
  const url = new URL('@modelcontextprotocol%2fserver-memory', REGISTRY).href;
  return spawnSync(process.execPath, ['-e', ask, url], { timeout: 20_000, stdio: 'ignore' }).status === 0;
};

const NEWER = '2026.8.31';
const CALLERS = 3;

/** Calls without a pause, as an agent that does not know of upgrades. */
class Agent {
  calls = 0;
  readonly failures: string[] = [];
  private isLeaving = false;
  private readonly working: Promise<void>;

  constructor(
    private readonly client: Client,
    private readonly call: { name: string; arguments: Record<string, unknown> },
  ) {
    this.working = this.work();
  }

  async leave(): Promise<void> {
    this.isLeaving = true;
    await this.working;
    await this.client.close();
  }

  private async work(): Promise<void> {
    while (!this.isLeaving) {
      const result = await this.client
        .callTool(this.call)
        .catch((error: Error) => ({ isError: true, error: String(error), cause: String(error.cause) }));
      this.calls += 1;
      if (result.isError) this.failures.push(`${this.call.name}: ${JSON.stringify(result)}`);
    }
  }
}

(isReachable() ? describe : describe.skip)('The reference servers of npm', () => {
  let shared: string;
  let gateway: GatewayProcess;
  let rest: RestClient;
  let packages: PackagesClient;

  beforeAll(async () => {
    shared = mkdtempSync(join(tmpdir(), 'manifold-shared-'));
    gateway = await GatewayProcess.start({
      env: { ...certificateEnvironment(), ...proxyEnvironment(), NPM_REGISTRY: REGISTRY },
    });
    rest = new RestClient(gateway.url);
    packages = new PackagesClient(rest);
  });
  afterAll(async () => {
    await gateway?.dispose();
    rmSync(shared, { recursive: true, force: true });
  });

  const installations = (): (Installation & { version: string })[] => [
    { name: '@modelcontextprotocol/server-everything', serverName: 'everything', version: '2026.1.26' },
    { name: '@modelcontextprotocol/server-filesystem', serverName: 'files', version: '2026.1.14', args: [shared] },
    {
      name: '@modelcontextprotocol/server-memory',
      serverName: 'memory',
      version: '2026.1.26',
      env: { MEMORY_FILE_PATH: join(shared, 'memory.jsonl') },
    },
  ];
  const calls = [
    { name: 'everything_echo', arguments: { message: 'still there' } },
    { name: 'files_list_allowed_directories', arguments: {} },
    { name: 'memory_read_graph', arguments: {} },
  ];
  const versions = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await packages.list()).body.packages.map((one) => [one.mcpServerId, one.version]));

  it(cites('packages.reference-servers', 'are installed in older versions, all at once'), async () => {
    const answers = await Promise.all(installations().map((installation) => packages.install(installation)));

    expect(answers.map(({ status, body }) => [status, body.server?.status ?? body])).toEqual(
      answers.map(() => [200, 'connected']),
    );
    expect(await versions()).toEqual(
      Object.fromEntries(installations().map(({ serverName, version }) => [serverName, version])),
    );
  });

  it(cites('packages.reference-servers', 'are upgraded while agents call them, and no call fails'), async () => {
    const agents = await Promise.all(
      Array.from({ length: CALLERS }, () => calls)
        .flat()
        .map(async (call, index) => {
          const { client } = await connectSdk1({ url: gateway.url, user: `agent-${index}` });
          return new Agent(client, call);
        }),
    );
    await eventually('all are at work', () => agents.every((agent) => agent.calls > 5));
    const before = agents.map((agent) => agent.calls);
    const upgrades = await Promise.all(installations().map(({ serverName }) => packages.upgrade(serverName, NEWER)));
    const after = agents.map((agent) => agent.calls);
    await eventually('all go on', () => agents.every((agent, index) => agent.calls > after[index]! + 5));
    await Promise.all(agents.map((agent) => agent.leave()));

    expect(upgrades.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await versions()).toEqual({ everything: NEWER, files: NEWER, memory: NEWER });
    expect(agents.flatMap((agent) => agent.failures)).toEqual([]);
    expect(after.map((count, index) => count - before[index]!).every((meanwhile) => meanwhile > 0)).toBe(true);
  });

  it(cites('packages.reference-servers', 'leave no file and no process when they are removed'), async () => {
    const removals = await Promise.all(installations().map(({ serverName }) => packages.remove(serverName)));

    expect(removals.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await versions()).toEqual({});
    const npmDir = join(gateway.dataDir, 'packages/npm');
    await eventually('no file is left', () => !existsSync(npmDir) || readdirSync(npmDir).length === 0);
    await eventually('no process is left', () => gateway.children().length === 0);
    expect(processesNaming(npmDir)).toEqual([]);
  });
});
