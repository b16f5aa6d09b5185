import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { commandLine, isAlive } from '../support/process-tree.js';
import { isDone, itOnOne, keepsState, onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

let gateway: GatewayProcess;
let rest: RestClient;

beforeAll(async () => {
  const confidential = { SECRETS_KEY: 'k3y-of-a-test-that-is-long-enough-0123456789', AWS_SECRET_ACCESS_KEY: 'aws' };
  gateway = await GatewayProcess.start({ env: confidential });
  rest = new RestClient(gateway.url);
});

afterAll(() => gateway.dispose());

const call = (serverName: string, methodName: string, args: Record<string, unknown> = {}) =>
  rest.callTool({ serverName, methodName, args });

async function listedTools(server: string): Promise<string[]> {
  const { body } = await rest.tools();
  const tools = body.tools.find((byServer) => server in byServer)?.[server] ?? [];
  return tools.map((tool) => tool.name);
}

describe('a registered stdio server', () => {
  it(
    cites('stdio.environment', 'gets what programs need, what was configured, and nothing of the gateway'),
    async () => {
      await rest.register({ name: 'env', ...echoServer(), env: { CONFIGURED: 'yes' } });
      const { body } = await call('env', 'environment');

      expect(JSON.parse(textOf(body.data))).toEqual(['CONFIGURED', 'HOME', 'MANIFOLD_LAUNCH', 'PATH', 'TMPDIR']);
    },
  );

  it(cites('stdio.environment', 'gets its configured value where the gateway has another'), async () => {
    const { command, args } = echoServer();
    const ledger = join(gateway.dataDir, 'ledger');
    const inShell = ['-c', 'exec "$0" "$@" --ledger="$HOME"', command, ...args];
    await rest.register({ name: 'home', command: 'sh', args: inShell, env: { HOME: ledger } });
    await call('home', 'echo', { message: 'x' });

    expect(existsSync(ledger)).toBe(true);
  });

  it(cites('stdio.pages', 'is listed with the tools of all its pages'), async () => {
    await rest.register({ name: 'paged', ...echoServer('--tools=95', '--page-size=10') });
    const { client } = await connectSdk1({ url: gateway.url });
    const { tools } = await client.listTools();
    const names = tools.map((tool) => tool.name).filter((name) => name.startsWith('paged_'));
    const last = await client.callTool({ name: 'paged_extra_095', arguments: {} });
    await client.close();

    expect(names).toHaveLength(8 + 95);
    expect(textOf(last)).toBe('extra_095');
  });

  it(cites('stdio.list-changed', 'is listed with a tool that it adds, and clients are told'), async () => {
    await rest.register({ name: 'growing', ...keepsState(echoServer()) });
    const { client } = await connectSdk1({ url: gateway.url });
    let told = false;
    client.fallbackNotificationHandler = async ({ method }) => {
      if (method === 'notifications/tools/list_changed') told = true;
    };
    expect(await listedTools('growing')).not.toContain('added_008');
    await call('growing', 'change');
    await onEvery(gateway, 'the added tool is listed', async () =>
      (await listedTools('growing')).includes('added_008'),
    );
    await eventually('the client was told', () => told);
    const answer = await client.callTool({ name: 'growing_added_008', arguments: {} });
    await client.close();

    expect(textOf(answer)).toBe('added_008');
  });

  it(cites('stdio.restless', 'is listed anew also while it announces changes without a pause'), async () => {
    await rest.register({ name: 'restless', ...keepsState(echoServer()) });
    const quiet = new AbortController();
    const changing = (async () => {
      while (!quiet.signal.aborted) {
        await call('restless', 'change');
        await sleep(10);
      }
    })();
    await eventually('an added tool is listed', async () =>
      (await listedTools('restless')).includes('added_008'),
    ).finally(() => quiet.abort());
    await changing;
  });
});

describe('a program that a stdio server has started', () => {
  /** The server itself and a program that it has started and forgotten, which never ends by itself. */
  const SLEEPER = 'sleep 86400';
  const withSleeper = ({ command, args }: { command: string; args: string[] }, sleeper = SLEEPER) => ({
    command: 'sh',
    args: ['-c', `${sleeper} & exec "$0" "$@"`, command, ...args],
  });
  /** Does not end with its input, and takes no notice of SIGTERM. */
  const stubborn = ({ command, args }: { command: string; args: string[] }) => ({
    command: 'sh',
    args: ['-c', `trap '' TERM; ${SLEEPER} & "$0" "$@" <&0; wait`, command, ...args],
  });

  async function register(name: string, registration: { command: string; args: string[] }): Promise<number[]> {
    const before = gateway.children();
    const { body } = await rest.register({ name, ...registration });
    expect(body.server.status).toBe('connected');
    const family = await eventually('the program has started the other one', () => {
      const pids = gateway.children().filter((pid) => !before.includes(pid));
      return pids.map(commandLine).includes(SLEEPER) && pids;
    });
    expect(family.length).toBeGreaterThan(1);
    return family;
  }

  it(cites('stdio.no-orphans', 'ends with it when it is disabled'), async () => {
    const family = await register('disabled', withSleeper(echoServer()));
    await rest.disable('disabled');

    await isDone('nothing of it runs', () => !family.some(isAlive));
  });

  it(cites('stdio.no-orphans', 'ends with it when it is changed'), async () => {
    const family = await register('changed', withSleeper(echoServer()));
    const { body } = await rest.update('changed', { ...echoServer() });

    expect(body.server.status).toBe('connected');
    await isDone('nothing of it runs', () => !family.some(isAlive));
  });

  itOnOne(cites('stdio.no-orphans', 'ends with it when it crashes'), async () => {
    const family = await register('crashing', withSleeper(echoServer()));
    await call('crashing', 'crash');

    await eventually('nothing of it runs', () => !family.some(isAlive));
    await rest.remove('crashing'); // it would start again among those of the next tests
  });

  it(cites('stdio.no-orphans', 'ends with it when it is removed, however stubborn it is'), async () => {
    const family = await register('stubborn', stubborn(echoServer()));
    await rest.remove('stubborn');

    await isDone('nothing of it runs', () => !family.some(isAlive));
  });

  it(cites('stdio.no-orphans', 'ends with it when it is removed in the middle of its start'), async () => {
    const own = 'sleep 86401';
    const registering = rest.register({ name: 'starting', ...withSleeper(echoServer('--silent'), own) });
    const family = await eventually('it has begun to start', () => {
      const pids = gateway.children();
      const [sleepers, servers] = [own, '--silent'].map((part) =>
        pids.filter((pid) => commandLine(pid).includes(part)),
      );
      return sleepers!.length > 0 && servers!.length > 0 && [...new Set([...sleepers!, ...servers!])];
    });
    await rest.remove('starting');

    await isDone('nothing of it runs', () => !family.some(isAlive));
    expect([200, 404]).toContain((await registering).status);
  });
});
