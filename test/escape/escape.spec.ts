import { once } from 'node:events';
import { readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { TestOrigin } from '@manifold/egress/testing';
import type { IsolationMode } from '@manifold/launcher';
import { possibleModes } from '@manifold/launcher/testing';
import { createApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { isAlive, processesNaming } from '../support/process-tree.js';
import { RestClient } from '../support/rest-client.js';

const HOSTILE = join(import.meta.dirname, 'hostile-server.mjs');
/** In the environment of a server that another operator runs, and of another user's instance of the hostile server. */
const CANARY = 'CANARY_of_somebody_else';

type Mode = IsolationMode;
type Outcome = { readonly got: unknown } | { readonly refused: string };

interface Targets {
  readonly gateway: GatewayProcess;
  readonly victim: { readonly pid: number; readonly home: string };
  readonly alice: { readonly pid: number; readonly home: string };
  readonly hostFile: string;
}

const BOTH: readonly Mode[] = ['bubblewrap', 'uid'];
const ONLY_UID: readonly Mode[] = ['uid'];
const ONLY_BUBBLEWRAP: readonly Mode[] = ['bubblewrap'];
/** The attempts of the hostile server: name, attempt, and the modes in which it must be refused. */
const ATTEMPTS: readonly [what: string, attempt: (at: Targets) => Record<string, unknown>, holds: readonly Mode[]][] = [
  ['the environment of the gateway', ({ gateway }) => ({ what: 'read', path: `/proc/${gateway.pid}/environ` }), BOTH],
  ['the memory of the gateway', ({ gateway }) => ({ what: 'memory', pid: gateway.pid }), BOTH],
  ['the open files of the gateway', ({ gateway }) => ({ what: 'list', path: `/proc/${gateway.pid}/fd` }), BOTH],
  ['the file system of the gateway', ({ gateway }) => ({ what: 'list', path: `/proc/${gateway.pid}/root/root` }), BOTH],
  ['the working folder of the gateway', ({ gateway }) => ({ what: 'list', path: `/proc/${gateway.pid}/cwd/` }), BOTH],
  ['a debugger on the gateway', ({ gateway }) => ({ what: 'ptrace', pid: gateway.pid }), BOTH],
  ['a signal to the gateway', ({ gateway }) => ({ what: 'signal', pid: gateway.pid }), BOTH],
  ['the command lines of others', () => ({ what: 'commands', text: 'main.js' }), ONLY_BUBBLEWRAP],
  ['secrets in the environments of others', () => ({ what: 'environments', text: CANARY }), BOTH],
  ['the master key in any environment', () => ({ what: 'environments', text: 'SECRETS_KEY' }), BOTH],
  ['the memory of another server', ({ victim }) => ({ what: 'memory', pid: victim.pid }), BOTH],
  ['a debugger on another server', ({ victim }) => ({ what: 'ptrace', pid: victim.pid }), BOTH],
  ['a signal to another server', ({ victim }) => ({ what: 'signal', pid: victim.pid }), BOTH],
  [
    "the environment of another user's instance",
    ({ alice }) => ({ what: 'read', path: `/proc/${alice.pid}/environ` }),
    BOTH,
  ],
  ["the memory of another user's instance", ({ alice }) => ({ what: 'memory', pid: alice.pid }), BOTH],
  ["a signal to another user's instance", ({ alice }) => ({ what: 'signal', pid: alice.pid }), BOTH],
  ['the database', ({ gateway }) => ({ what: 'read', path: join(gateway.dataDir, 'manifold.db') }), BOTH],
  ['a change of the database', ({ gateway }) => ({ what: 'write', path: join(gateway.dataDir, 'manifold.db') }), BOTH],
  ['the list of DATA_DIR', ({ gateway }) => ({ what: 'list', path: gateway.dataDir }), ONLY_UID],
  ['a link to the database', ({ gateway }) => ({ what: 'hardlink', path: join(gateway.dataDir, 'manifold.db') }), BOTH],
  ['the folders of all servers', ({ gateway }) => ({ what: 'list', path: join(gateway.dataDir, 'servers') }), ONLY_UID],
  ['the files of another server', ({ victim }) => ({ what: 'read', path: join(victim.home, 'note') }), BOTH],
  [
    'a file in the folder of another server',
    ({ victim }) => ({ what: 'write', path: join(victim.home, 'planted') }),
    BOTH,
  ],
  ['the files of another user', ({ alice }) => ({ what: 'read', path: join(alice.home, 'note') }), BOTH],
  [
    'wider permissions of its own parent folder',
    ({ alice }) => ({ what: 'chmod', path: join(alice.home, '..') }),
    BOTH,
  ],
  [
    'a link in the place of its own home',
    ({ alice }) => ({ what: 'symlink', path: '/etc', link: join(alice.home, '../home') }),
    BOTH,
  ],
  ['temporary files of the host', ({ hostFile }) => ({ what: 'read', path: hostFile }), BOTH],
  ['a change of the system', () => ({ what: 'write', path: '/etc/manifold-was-here' }), BOTH],
  ['a change of the system programs', () => ({ what: 'write', path: '/usr/bin/manifold-was-here' }), BOTH],
  ['the user root', () => ({ what: 'root' }), BOTH],
  ['a mount', () => ({ what: 'mount' }), BOTH],
  ['settings of the kernel', () => ({ what: 'write', path: '/proc/sys/kernel/hostname' }), BOTH],
  ['control groups', () => ({ what: 'write', path: '/sys/fs/cgroup/cgroup.procs' }), BOTH],
  ['the disk', () => ({ what: 'read', path: '/dev/vda' }), BOTH],
  ['a file that is larger than it may keep', () => ({ what: 'large', mib: 33 }), BOTH],
  ['open files that it has inherited', () => ({ what: 'descriptors' }), BOTH],
  ['sockets of system services', () => ({ what: 'list', path: '/run/lock' }), ONLY_BUBBLEWRAP],
];

interface NetworkTargets {
  /** Port of the gateway, at 127.0.0.1. */
  readonly port: number;
  /** Name of an abstract socket of the host, which is in no folder. */
  readonly abstract: string;
}

/** The attempts of hostile servers with the network `none` and `proxy`. */
const PAST_THE_NETWORK: readonly [what: string, attempt: (at: NetworkTargets) => Record<string, unknown>][] = [
  ['the gateway', ({ port }) => ({ what: 'connect', host: '127.0.0.1', port })],
  ['a public address', () => ({ what: 'connect', host: '1.1.1.1', port: 443 })],
  ['the credentials of a cloud', () => ({ what: 'connect', host: '169.254.169.254', port: 80 })],
  ['an abstract socket of the host', ({ abstract }) => ({ what: 'connect', path: abstract })],
  ['a name server', () => ({ what: 'resolve', name: 'exfiltrated.example.com' })],
];
/** The targets that one with the network `proxy` asks the proxy for. */
const PAST_THE_PROXY: typeof PAST_THE_NETWORK = [
  ['the gateway', ({ port }) => ({ what: 'throughProxy', url: `http://127.0.0.1:${port}/healthz` })],
  ['a tunnel to the gateway', ({ port }) => ({ what: 'throughProxy', authority: `localhost:${port}` })],
  ['the gateway in another notation', ({ port }) => ({ what: 'throughProxy', url: `http://2130706433:${port}/` })],
  ['the credentials of a cloud', () => ({ what: 'throughProxy', url: 'http://169.254.169.254/latest/meta-data' })],
  ['a host that is not on its list', () => ({ what: 'throughProxy', authority: 'exfiltration.example.com:443' })],
  ['another port of a host on its list', () => ({ what: 'throughProxy', authority: '127.0.0.2:22' })],
];

(possibleModes.length > 0 ? describe : describe.skip).each(possibleModes)('A hostile server in mode %s', (mode) => {
  let gateway: GatewayProcess;
  let targets: Targets;
  let bob: RestClient;
  let carol: RestClient;
  let operator: RestClient;
  const table: string[] = [];

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      replicas: 1,
      env: { NODE_ENV: 'production', SERVER_SANDBOX: mode, SERVER_DATA_MB: '32', EGRESS_ALLOW: '127.0.0.2' },
    });
    const clientOf = async (name: string, roles?: string) =>
      new RestClient(gateway.url, { token: await createApiKey(gateway, name, roles) });
    operator = await clientOf('olga', 'operator');
    const alice = await clientOf('alice');
    bob = await clientOf('bob');
    carol = await clientOf('carol');
    const hostile = { command: process.execPath, args: [HOSTILE] };
    await operator.request('POST', '/mcp/servers', { name: 'victim', ...hostile, env: { VICTIM: CANARY } });
    const perUser = { isolation: 'user', secretsAs: 'environment', secretNames: ['TOKEN'] };
    await operator.request('POST', '/mcp/servers', { name: 'hostile', ...hostile, ...perUser });
    await alice.setSecret({ serverName: 'hostile', secretName: 'TOKEN', secretValue: CANARY });
    const hostFile = join(tmpdir(), `manifold-escape-${process.pid}`);
    writeFileSync(hostFile, 'of the host', { mode: 0o600 });
    const self = async (client: RestClient, serverName: string) => {
      await attempt(client, serverName, { what: 'write', path: 'note' });
      const { got } = (await attempt(client, serverName, { what: 'self' })) as { got: { home: string } };
      const pid = await eventually('its process is found', () => pidIn(got.home));
      return { ...got, pid };
    };
    targets = {
      gateway,
      victim: await self(operator, 'victim'),
      alice: await self(alice, 'hostile'),
      hostFile,
    };
  });

  afterAll(async () => {
    process.stdout.write(`Results of the attempts in mode ${mode}:\n  ${table.join('\n  ')}\n`);
    rmSync(targets?.hostFile, { force: true });
    await gateway?.dispose();
  });

  const attempt = async (client: RestClient, serverName: string, args: Record<string, unknown>): Promise<Outcome> => {
    const { body, status } = await client.callTool({ serverName, methodName: 'attempt', args });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return JSON.parse(textOf(body.data)) as Outcome;
  };

  /** The pid, as the host sees it, of the process that works in this folder. */
  const pidIn = (folder: string): number | undefined => gateway.children().find((pid) => workingFolder(pid) === folder);

  it.each(ATTEMPTS)('tries to get %s', async (what, args, holds) => {
    const outcome = await attempt(bob, 'hostile', args(targets));
    table.push(`${'refused' in outcome ? `no (${outcome.refused})` : 'YES'}: ${what}`);
    if (holds.includes(mode)) expect(outcome).toEqual({ refused: expect.any(String) });
  });

  describe('with a network of its own', () => {
    const inSandbox = mode === 'bubblewrap' ? it : it.skip;
    let origin: TestOrigin;
    let abstract: Server;
    let at: NetworkTargets;

    const register = (name: string, settings: Record<string, unknown>) =>
      operator.request('POST', '/mcp/servers', { name, command: process.execPath, args: [HOSTILE], ...settings });

    beforeAll(async () => {
      origin = await TestOrigin.start((_request, response) => response.end('reached'), '127.0.0.2');
      abstract = createServer((socket) => socket.end());
      const name = `\0manifold-escape-${process.pid}`;
      await once(abstract.listen(name), 'listening');
      at = { port: Number(new URL(gateway.url).port), abstract: name };
      if (mode !== 'bubblewrap') return;
      const listed = [`127.0.0.2:${origin.port}`, `127.0.0.1:${at.port}`, `localhost:${at.port}`, '169.254.169.254'];
      const proxied = { network: 'proxy', allowedDomains: listed };
      expect(await register('hermit', { network: 'none' })).toMatchObject({ status: 200 });
      expect(await register('proxied', proxied)).toMatchObject({ status: 200 });
    });
    afterAll(async () => {
      await new Promise((resolve) => abstract.close(resolve));
      await origin.stop();
    });

    const refused = async (server: string, what: string, args: Record<string, unknown>) => {
      const outcome = await attempt(bob, server, args);
      table.push(`${'refused' in outcome ? `no (${outcome.refused})` : 'YES'}: ${what}, as ${server}`);
      expect(outcome).toEqual({ refused: expect.any(String) });
    };

    inSandbox.each(PAST_THE_NETWORK)('tries to reach %s', async (what, args) => {
      for (const server of ['hermit', 'proxied']) await refused(server, what, args(at));
    });

    inSandbox.each(PAST_THE_PROXY)('asks the proxy for %s', (what, args) => refused('proxied', what, args(at)));

    inSandbox('reaches what its list and EGRESS_ALLOW name, also after the gateway has restarted', async () => {
      const wanted = { what: 'throughProxy', url: `${origin.url}/` };
      expect(await attempt(bob, 'proxied', wanted)).toEqual({ got: 200 });
      await gateway.restart();
      expect(await attempt(bob, 'proxied', wanted)).toEqual({ got: 200 });
    });

    (mode === 'bubblewrap' ? it.skip : it).each(['none', 'proxy'])(
      'is refused where %s cannot be enforced',
      async (network) => {
        const { status, body } = await register('hermit', { network });
        expect(status).toBe(403);
        expect(JSON.stringify(body)).toMatch(/network.*SERVER_SANDBOX/);
      },
    );
  });

  it('sees nothing in DATA_DIR but the way to its own folder', async () => {
    const seen = async (path: string): Promise<unknown> => attempt(bob, 'hostile', { what: 'list', path });
    const { got } = (await attempt(bob, 'hostile', { what: 'self' })) as { got: { home: string } };
    const own = relative(gateway.dataDir, got.home).split(sep);
    for (const [depth, name] of own.slice(0, -1).entries()) {
      const outcome = await seen(join(gateway.dataDir, ...own.slice(0, depth)));
      expect(outcome).toEqual(mode === 'uid' ? { refused: 'EACCES' } : { got: [name] });
    }
  });

  it('is ended when it starts too many processes, and others go on', async () => {
    const before = await attempt(bob, 'victim', { what: 'self' });
    await attempt(bob, 'hostile', { what: 'processes', count: 500 }).catch(() => undefined);
    await eventually('none of them is left', () => !processesNaming('sleep 60.7').some(isAlive));
    // A call that comes while the server is being ended gets the reason. A later one starts it again.
    await eventually('it is started again', () => attempt(bob, 'hostile', { what: 'self' }).catch(() => undefined));
    expect(await attempt(bob, 'victim', { what: 'self' })).toEqual(before);
  });

  it('has a folder of its own that lasts', async () => {
    const { got } = (await attempt(bob, 'hostile', { what: 'self' })) as { got: Record<string, unknown> };
    expect(got).toMatchObject({ cwd: got.home });
    expect(String(got.home)).toContain(join(gateway.dataDir, 'servers'));
    expect(await attempt(bob, 'hostile', { what: 'write', path: 'kept' })).toMatchObject({ got: 'written' });
    await gateway.restart();
    expect(await attempt(bob, 'hostile', { what: 'read', path: 'kept' })).toEqual({ got: 'hostile' });
  });

  it('is stopped when it fills the disk, and others go on', async () => {
    const before = await attempt(bob, 'hostile', { what: 'self' });
    const { got } = (await attempt(carol, 'hostile', { what: 'self' })) as { got: { home: string } };
    const pid = await eventually('its process is found', () => pidIn(got.home));
    // The server may be measured, and stopped, before it has answered.
    await attempt(carol, 'hostile', { what: 'files', count: 5, mib: 10 }).catch(() => undefined);
    await eventually('it has ended', () => !isAlive(pid));
    await expect(attempt(carol, 'hostile', { what: 'self' })).rejects.toThrow('503');
    expect(await attempt(bob, 'hostile', { what: 'self' })).toEqual(before);
  });

  it('takes its daemons with it, whatever they pretend to be', async () => {
    const mark = `daemon-of-${mode}-${process.pid}`;
    await attempt(bob, 'hostile', { what: 'daemon', mark });
    const env = { MANIFOLD_LAUNCH: `${'0f'.repeat(16)}.1` };
    await attempt(bob, 'hostile', { what: 'daemon', mark, env });
    const daemons = () => processesNaming(mark);
    expect(daemons().length).toBeGreaterThan(0);
    await gateway.kill9();
    await gateway.restart();
    await eventually('the daemon is gone', () => !daemons().some(isAlive));
  });
});

const workingFolder = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
};
