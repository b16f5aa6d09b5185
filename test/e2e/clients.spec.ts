import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { events, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, connectSdk2, textOf } from '../support/mcp-clients.js';
import { RestClient, type ServerRegistration } from '../support/rest-client.js';
import { echoServer, HttpUpstream } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

/** The client that each user has. */
const CONNECT = {
  alice: (target: Target) => adapted(connectSdk1(target)),
  bob: (target: Target) => adapted(connectSdk1Sse(target)),
  carol: (target: Target) => adapted(connectSdk2(target, 'legacy')),
  dave: (target: Target) => adapted(connectSdk2(target, 'modern')),
};
const USERS = Object.keys(CONNECT) as (keyof typeof CONNECT)[];
const ROUNDS = 20;

type Target = { url: string; token: string };
type AnyClient = Awaited<ReturnType<typeof connectSdk1 | typeof connectSdk1Sse | typeof connectSdk2>>;

async function adapted(connected: Promise<AnyClient>) {
  const { client } = await connected;
  return {
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

let gateway: GatewayProcess;
let upstream: HttpUpstream;
let folder: string;
let keys: Map<string, string>;
let clients: { user: string; client: Awaited<ReturnType<typeof adapted>> }[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-clients-'));
  for (const user of USERS) writeFileSync(join(folder, `${user}.txt`), `the file of ${user}`);
  [gateway, upstream] = await Promise.all([
    GatewayProcess.start({ env: { NODE_ENV: 'production', EGRESS_ALLOW: '127.0.0.1' } }),
    HttpUpstream.start(),
  ]);
  const rest = new RestClient(gateway.url, { token: await createApiKey(gateway, 'olga', 'user,operator,admin') });
  keys = new Map();
  // Both ways to a key; the command costs a process.
  for (const user of ['alice', 'bob']) keys.set(user, await createApiKey(gateway, user));
  for (const user of ['carol', 'dave']) {
    const { body } = await rest.request<{ key: string }>('POST', '/auth/keys', { name: user, roles: ['user'] });
    keys.set(user, body.key);
  }
  for (const registration of registrations()) {
    expect(await rest.register(registration)).toMatchObject({ status: 200 });
  }
  clients = await Promise.all(
    USERS.map(async (user) => ({
      user,
      client: await CONNECT[user]({ url: gateway.url, token: keys.get(user)! }),
    })),
  );
});
afterAll(async () => {
  await Promise.all((clients ?? []).map(({ client }) => client.close()));
  await gateway.dispose();
  await upstream.stop();
  rmSync(folder, { recursive: true });
});

const npmServer = (name: string, ...args: string[]) => ({
  command: process.execPath,
  args: [join(import.meta.dirname, `../../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`), ...args],
});

const registrations = (): ServerRegistration[] => [
  { name: 'everything', ...npmServer('everything', 'stdio') },
  { name: 'files', ...npmServer('filesystem', folder) },
  { name: 'memory', ...npmServer('memory'), env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') } },
  { name: 'stdio', ...echoServer() },
  { name: 'http', transportType: 'streamable_http', url: upstream.url },
];

describe('clients of both SDKs, of both eras and of HTTP+SSE, at once, each with a user and an API key of its own', () => {
  it(cites('clients.side-by-side', 'clients.real-servers', 'list the tools of all real servers'), async () => {
    const lists = await Promise.all(clients.map(({ client }) => client.names()));

    for (const names of lists) {
      expect(names).toEqual(
        expect.arrayContaining(['everything_echo', 'files_read_text_file', 'memory_read_graph', 'stdio_echo']),
      );
    }
  });

  it(cites('clients.side-by-side', 'clients.real-servers', 'call the tools of all real servers'), async () => {
    // One after the other: server-memory reads, changes and writes its file without a lock.
    for (const { user, client } of clients) {
      const entity = { name: user, entityType: 'user', observations: [`${user} was here`] };
      expect(textOf(await client.call('memory_create_entities', { entities: [entity] }))).toContain(`${user} was here`);
    }
    const results = await Promise.all(
      clients.map(async ({ user, client }) => {
        const answers = await Promise.all([
          client.call('everything_echo', { message: user }),
          client.call('everything_get-sum', { a: 2, b: 40 }),
          client.call('files_read_text_file', { path: join(folder, `${user}.txt`) }),
          client.call('memory_open_nodes', { names: [user] }),
        ]);
        return answers.map(textOf);
      }),
    );

    for (const [index, user] of USERS.entries()) {
      const [echo, sum, file, found] = results[index]!;
      expect(echo).toContain(user);
      expect(sum).toContain('42');
      expect(file).toBe(`the file of ${user}`);
      expect(JSON.parse(found!)).toMatchObject({ entities: [{ name: user }] });
    }
  });

  it(cites('clients.real-servers', "get a server's own refusal as a result that a model can read"), async () => {
    for (const { client } of clients) {
      const refused = await client.call('files_read_text_file', { path: '/etc/hostname' });
      expect(refused).toMatchObject({ isError: true });
      expect(textOf(refused)).toContain('Access denied');
    }
  });

  it(
    cites('tools.users.apart', 'clients.side-by-side', 'get their own results and secrets, many at a time'),
    async () => {
      const servers = ['stdio', 'http'];
      for (const user of USERS) {
        const rest = new RestClient(gateway.url, { token: keys.get(user)! });
        for (const serverName of servers) {
          const secret = { serverName, secretName: 'TOKEN', secretValue: `secret-of-${user}` };
          expect(await rest.setSecret(secret)).toMatchObject({ status: 200 });
        }
      }
      const calls = clients.flatMap(({ user, client }) =>
        servers.flatMap((server) =>
          Array.from({ length: ROUNDS }, async (_, round) => {
            const message = `${user} ${server} ${round}`;
            const [echo, received] = await Promise.all([
              client.call(`${server}_echo`, { message }),
              client.call(`${server}_received`, { message }),
            ]);
            expect(textOf(echo)).toBe(message);
            const args = JSON.stringify({ TOKEN: `secret-of-${user}`, message });
            const sha256 = createHash('sha256').update(args).digest('hex');
            expect(JSON.parse(textOf(received))).toEqual({ sha256, names: ['TOKEN', 'message'] });
          }),
        ),
      );

      await Promise.all(calls);
      expect(calls).toHaveLength(USERS.length * servers.length * ROUNDS);
    },
  );

  it(cites('clients.side-by-side', 'without a key get no further than 401'), async () => {
    for (const connect of Object.values(CONNECT)) {
      await expect(connect({ url: gateway.url, token: 'mfk_wrong' })).rejects.toThrow(/401|unauthorized/i);
    }
    expect((await fetch(`${gateway.url}/mcp`, { method: 'POST' })).status).toBe(401);
  });

  it(cites('legacy.session.foreign-404', 'sse.session.foreign-404', "cannot use each other's sessions"), async () => {
    const [alice, bob] = ['alice', 'bob'].map((user) => new WireClient(gateway.url, { token: keys.get(user)! }));
    const session = await alice!.openSession();
    const abort = new AbortController();
    const { value } = await events(await alice!.get({ path: '/sse', signal: abort.signal })).next();
    const ping = request(1, 'ping');
    const tries = await Promise.all([
      bob!.post(ping, { session }),
      bob!.get({ session }),
      bob!.delete({ session }),
      bob!.post(ping, { path: value!.data }),
    ]);

    expect(tries.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect((await alice!.post(ping, { session })).status).toBe(200);
    expect((await alice!.post(ping, { path: value!.data })).status).toBe(202);
    abort.abort();
  });
});
