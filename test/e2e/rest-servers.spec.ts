import { join } from 'node:path';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal } from '../support/journal.js';
import { textOf } from '../support/mcp-clients.js';
import { commandLine, isAlive } from '../support/process-tree.js';
import { isDone, keepsState } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';

describe('The REST routes of servers', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ sampleServer: true });
    rest = new RestClient(gateway.url);
  });

  afterAll(() => gateway.dispose());

  const journalOf = (name: string): string => join(gateway.dataDir, `${name}.journal`);
  const registerEcho = (name: string, more: object = {}) =>
    rest.register({ name, ...keepsState(echoServer(`--lifecycle=${journalOf(name)}`)), ...more });
  const startsOf = (name: string): number[] =>
    readJournal(journalOf(name)).flatMap(({ event, pid }) => (event === 'started' ? [pid] : []));
  const processesOf = (name: string): number[] =>
    gateway.children().filter((pid) => commandLine(pid).includes(journalOf(name)));

  async function listedServers(): Promise<string[]> {
    const { body } = await rest.tools();
    return body.tools.flatMap((entry) => Object.keys(entry));
  }

  async function call(serverName: string, methodName: string, args = {}) {
    const { status, body } = await rest.callTool({ serverName, methodName, args });
    return { status, text: status === 200 ? textOf(body.data) : undefined };
  }

  it(
    cites(
      'rest.servers.register',
      'rest.servers.list',
      'registers and starts a server of each transport, and lists all',
    ),
    async () => {
      const upstream = await HttpUpstream.start();
      try {
        const stdio = await registerEcho('first', { displayName: 'First', description: 'One' });
        const http = await rest.register({ name: 'remote', transportType: 'streamable_http', url: upstream.url });

        expect(stdio).toMatchObject({
          status: 200,
          body: {
            success: true,
            server: {
              name: 'first',
              transportType: 'stdio',
              ...echoServer(`--lifecycle=${journalOf('first')}`),
              env: {},
              displayName: 'First',
              description: 'One',
              status: 'connected',
              enabled: true,
            },
          },
        });
        expect(http).toMatchObject({
          status: 200,
          body: {
            server: { name: 'remote', transportType: 'streamable_http', url: upstream.url, status: 'connected' },
          },
        });
        const { status, body } = await rest.servers();
        expect(status).toBe(200);
        expect(body.servers.map(({ name }) => name)).toEqual(['everything', 'first', 'remote']);
        expect(body.servers[1]).toEqual((await rest.server('first')).body.server);
        expect(await call('remote', 'echo', { message: 'hi' })).toEqual({ status: 200, text: 'hi' });
      } finally {
        await rest.remove('remote');
        await upstream.stop();
      }
    },
  );

  it(cites('rest.servers.view', 'shows status, tools and log of a server as they are'), async () => {
    const { body } = await eventually('everything has written its log', async () => {
      const answer = await rest.server('everything');
      return answer.body.server.logs!.length > 0 && answer;
    });

    expect(body.server).toMatchObject({ name: 'everything', status: 'connected', enabled: true });
    expect(body.server.toolsList!.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'get-sum']));
    expect(body.server.logs).toContainEqual(expect.stringMatching(/^\d{4}-.*Z \w+ Starting default \(STDIO\) server/));
    await rest.disable('everything');
    expect((await rest.server('everything')).body.server).toMatchObject({ status: 'disconnected', enabled: false });
    await rest.enable('everything');
    await isDone('it runs', async () => (await rest.server('everything')).body.server.status === 'connected');
    expect((await rest.server('everything')).body.server).toMatchObject({ enabled: true });
  });

  it(cites('rest.duplicate-409', 'answers 409 to a name that is taken, and leaves the server as it is'), async () => {
    await registerEcho('taken');
    const again = await rest.register({ name: 'taken', command: 'something-else' });

    expect(again).toMatchObject({
      status: 409,
      body: {
        success: false,
        code: 'server_already_exists',
        error: 'Server with name taken already exists',
      },
    });
    expect((await rest.server('taken')).body.server).toMatchObject({
      ...echoServer(`--lifecycle=${journalOf('taken')}`),
    });
    expect(startsOf('taken')).toHaveLength(1);
  });

  it(cites('rest.register.race', 'gives a name to one of eight who ask at once'), async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => registerEcho('raced')));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    expect((await rest.servers()).body.servers.filter(({ name }) => name === 'raced')).toHaveLength(1);
    expect(startsOf('raced')).toHaveLength(1);
    expect(processesOf('raced')).toEqual(startsOf('raced'));
    await gateway.restart();
    expect((await rest.servers()).body.servers.filter(({ name }) => name === 'raced')).toHaveLength(1);
  });

  it(cites('rest.servers.update', 'changes the given fields only, and runs the server with them'), async () => {
    await registerEcho('changing', { env: { BEFORE: '1' }, displayName: 'As it was' });
    const { status, body } = await rest.update('changing', { env: { AFTER: '1' } });

    expect({ status, server: body.server }).toMatchObject({
      status: 200,
      server: {
        ...echoServer(`--lifecycle=${journalOf('changing')}`),
        displayName: 'As it was',
        env: { AFTER: '[hidden]' },
        status: 'connected',
      },
    });
    const [before, after] = startsOf('changing');
    expect({ before: isAlive(before!), after: isAlive(after!) }).toEqual({ before: false, after: true });
    const environment = JSON.parse((await call('changing', 'environment')).text!) as string[];
    expect(environment).toContain('AFTER');
    expect(environment).not.toContain('BEFORE');
  });

  it(cites('rest.servers.disable', 'stops a disabled server and hides its tools until it is enabled'), async () => {
    await registerEcho('switched');
    const [pid] = startsOf('switched');
    const disabled = await rest.disable('switched');

    expect(disabled).toMatchObject({
      status: 200,
      body: { success: true, server: { enabled: false, status: 'disconnected' } },
    });
    await isDone('its process is gone', () => !isAlive(pid!));
    expect(processesOf('switched')).toEqual([]);
    expect(await listedServers()).not.toContain('switched');

    const enabled = await rest.enable('switched');
    expect(enabled).toMatchObject({ status: 200, body: { server: { enabled: true, status: 'connected' } } });
    expect(await listedServers()).toContain('switched');
    expect(await call('switched', 'echo', { message: 'back' })).toEqual({ status: 200, text: 'back' });
  });

  it(cites('rest.servers.delete', 'removes a server with its process, its tools and the secrets for it'), async () => {
    await registerEcho('doomed');
    await rest.setSecret({ serverName: 'doomed', secretName: 'TOKEN', secretValue: 'of-the-first-life' });
    expect(JSON.parse((await call('doomed', 'received')).text!)).toMatchObject({ names: ['TOKEN'] });
    const [pid] = startsOf('doomed');

    expect(await rest.remove('doomed')).toMatchObject({ status: 200, body: { success: true } });
    await isDone('its process is gone', () => !isAlive(pid!));
    expect((await rest.server('doomed')).status).toBe(404);
    expect(await listedServers()).not.toContain('doomed');
    expect((await call('doomed', 'echo')).status).toBe(404);

    await registerEcho('doomed');
    expect(JSON.parse((await call('doomed', 'received')).text!)).toMatchObject({ names: [] });
  });

  it.each(['nobody', 'everythin', 'every%thing', '../everything', 'a b', '__proto__'])(
    cites('rest.servers.unknown-404', 'answers 404 to everything that is asked of the server "%s"'),
    async (name) => {
      const found = [await rest.server(name), await rest.enable(name), await rest.disable(name)];
      const changed = [await rest.update(name, { enabled: true }), await rest.remove(name)];
      for (const { status, body } of changed) {
        const error = `Server with name ${name} not found`;
        expect({ status, body }).toMatchObject({ status: 404, body: { code: 'server_not_found', error } });
      }
      for (const { status, body } of found) {
        expect({ status, body }).toMatchObject({
          status: 404,
          body: { success: false, code: 'server_not_found', error: `Server ${name} not found` },
        });
      }
    },
  );

  it(
    cites('rest.servers.bad-command', 'registers a command that does not work with its reason, and serves the others'),
    async () => {
      await registerEcho('steady');
      const missing = await rest.register({ name: 'missing', command: '/no/such/program' });
      const ending = await rest.register({
        name: 'ending',
        command: process.execPath,
        args: ['-e', 'process.exit(3)'],
      });

      expect(missing).toMatchObject({ status: 200, body: { server: { status: 'error', enabled: true } } });
      expect(missing.body.server.lastError).toMatch(/\/no\/such\/program.* does not exist/);
      expect(ending).toMatchObject({ status: 200, body: { server: { status: 'error' } } });
      expect(ending.body.server.lastError).toMatch(/\b3\b/);
      expect(await call('steady', 'echo', { message: 'still here' })).toEqual({ status: 200, text: 'still here' });
      expect(startsOf('steady')).toHaveLength(1);
      expect((await call('missing', 'echo')).status).toBe(503);
    },
  );
});
