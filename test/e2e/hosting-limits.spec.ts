import { statSync } from 'node:fs';
import { mcpServer, NpmRegistrySimulator } from '../simulators/npm-registry/index.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { PackagesClient } from '../support/packages-client.js';
import { itOnOne } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { ownUserIds } from '../support/user-ids.js';

/** A server without files, which other users may run too: every tool evaluates its name. */
const evaluating = (...tools: string[]) => ({
  command: process.execPath,
  args: [
    '-e',
    `
    const { createInterface } = require('node:readline');
    const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
    const results = {
      initialize: ({ protocolVersion }) =>
        ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'evaluating', version: '1' } }),
      'tools/list': () => ({ tools: ${JSON.stringify(tools)}.map((name) => ({ name, inputSchema: { type: 'object' } })) }),
      'tools/call': ({ arguments: { code } }) => {
        try {
          return { content: [{ type: 'text', text: String(eval(code)) }] };
        } catch (error) {
          return { content: [{ type: 'text', text: error.code }] };
        }
      },
    };
    createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      if (id !== undefined) answer(id, results[method]?.(params) ?? {});
    }).on('close', () => process.exit(0));
    `,
  ],
});

describe('A stdio server', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;
  /** Each has one process for each replica, when it does what it should. */
  let servers = 1;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { SERVER_MEMORY_MB: '200', SERVER_PROCESSES: '20' } });
    rest = new RestClient(gateway.url);
    await rest.register({ name: 'well-behaved', ...echoServer() });
  });

  afterAll(() => gateway.dispose());

  const run = (serverName: string, code: string) => rest.callTool({ serverName, methodName: 'run', args: { code } });

  it.each([
    ['memory', 'more than 200 MiB of memory', 'globalThis.x = Buffer.alloc(400 << 20, 1), 1'],
    [
      'processes',
      'more than 20 processes',
      "require('node:child_process').spawn('sh', ['-c', 'for i in $(seq 100); do sleep 86399 & done; wait']).pid",
    ],
  ])(
    cites(
      'hosting.limits',
      'is ended when it wants too much, with the reason for its operator, and disturbs no other: %s',
    ),
    async (what, reason, code) => {
      await rest.register({ name: `greedy-${what}`, ...evaluating('run') });
      servers += 1;
      await run(`greedy-${what}`, code);
      const { lastError } = await eventually('it was ended', async () => {
        const { body } = await rest.server(`greedy-${what}`);
        return body.server.lastError !== undefined && body.server;
      });

      expect(lastError).toContain(reason);
      await eventually('nothing of it is left', () => gateway.children().length <= servers * gateway.replicas.length);
      const answer = await rest.callTool({ serverName: 'well-behaved', methodName: 'echo', args: { message: 'here' } });
      expect(textOf(answer.body.data)).toContain('here');
    },
  );

  it(cites('hosting.start-timeout', 'that does not answer has failed after its start time-out'), async () => {
    await rest.request('POST', '/mcp/servers', { name: 'silent', ...echoServer('--silent'), startupTimeout: 1_000 });
    const server = await eventually('it has failed', async () => {
      const { body } = await rest.server('silent');
      return body.server.lastError !== undefined && body.server;
    });

    expect(server.lastError).toContain('did not answer within 1 s');
  });
});

/** Only root can give a child another user. */
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('A stdio server of a gateway that runs as root', () => {
  /** The first id of a range that no other gateway on the machine is likely to have. */
  const uid = Number.parseInt(ownUserIds());

  // Gateways on one machine need ranges of their own, which replicas with one SERVER_UID do not have.
  itOnOne(
    cites('hosting.own-user', 'runs as SERVER_UID, and can read neither the environment nor the data of the gateway'),
    async () => {
      const gateway = await GatewayProcess.start({
        env: { SERVER_SANDBOX: 'uid', SERVER_UID: String(uid), NODE_ENV: 'production' },
      });
      const operator = new RestClient(gateway.url, { token: await createApiKey(gateway, 'op', 'user,operator') });
      await operator.register({ name: 'spy', ...evaluating('run') });
      const find = async (code: string): Promise<string> => {
        const { body } = await operator.callTool({ serverName: 'spy', methodName: 'run', args: { code } });
        return textOf(body.data);
      };
      const found = [
        await find('process.getuid()'),
        await find("require('node:fs').readFileSync('/proc/' + process.ppid + '/environ', 'utf8')"),
        await find(`require('node:fs').readdirSync(${JSON.stringify(gateway.dataDir)})`),
      ];
      const logs = gateway.logs();
      await gateway.dispose();

      expect(found).toEqual([String(uid), 'EACCES', 'EACCES']);
      expect(logs).not.toContain('are not isolated');
    },
  );

  itOnOne(
    cites('hosting.own-user', 'runs as SERVER_UID where it is a package in the data of the gateway'),
    async () => {
      const registry = await NpmRegistrySimulator.start();
      await registry.publish(mcpServer());
      const gateway = await GatewayProcess.start({
        env: { SERVER_SANDBOX: 'uid', SERVER_UID: String(uid), NPM_REGISTRY: registry.url },
      });
      const { status, body } = await new PackagesClient(new RestClient(gateway.url)).install({
        name: 'weather',
        serverName: 'weather',
      });
      const users = new Set(gateway.children().map((pid) => statSync(`/proc/${pid}`).uid));
      await gateway.dispose();
      await registry.stop();

      expect([status, body.server?.status]).toEqual([200, 'connected']);
      expect(users.size).toBe(1); // the first ids of the range may be those of its installation
      expect([...users].every((user) => user >= uid && user < uid + 10_000)).toBe(true);
    },
  );

  it(cites('hosting.own-user', 'without isolation is warned of once by each process'), async () => {
    const gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production' } });
    const warnings = (): number => gateway.logs().match(/hosted servers are not isolated/g)?.length ?? 0;
    await eventually('each has warned', () => warnings() >= gateway.replicas.length);
    await gateway.stop();
    await gateway.dispose();

    expect(warnings()).toBe(gateway.replicas.length);
  });
});
