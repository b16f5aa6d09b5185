import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'libsql';
import { admin, adminProcess } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { MongoStandIn } from '../support/mongo-stand-in/mongo-stand-in.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const KEY = 'jX2vP0dqY7mB4sKc8hT1rWn6gEz3uLa9';
const NEW_KEY = 'Qw8eRt5yUi2oPa7sDf4gHj1kZx3cVb6n';
/** More than are sealed anew at once, so that a rotation can be ended in the middle. */
const SECRETS = 450;
const PARALLEL = 8;
/** For the stand-in of MongoDB, which has no indexes and one process with all of this: it must answer within two seconds. */
const GENTLY = 2;

const users = Array.from({ length: SECRETS }, (_, index) => `user-${index}`);
const valueOf = (user: string): string => `the token of ${user}`;
/** Returns what the echo server reports for arguments that hold this secret only. */
const digestOf = (user: string): string =>
  createHash('sha256')
    .update(JSON.stringify({ TOKEN: valueOf(user) }))
    .digest('hex');

const secretOf = (user: string) => ({ username: user, serverName: 'echo', secretName: 'TOKEN' });

async function store({ url }: GatewayProcess, user: string): Promise<void> {
  const { status, body } = await new RestClient(url).setSecret({ ...secretOf(user), secretValue: valueOf(user) });
  if (status !== 200) throw new Error(`The secret of ${user} was not stored: ${JSON.stringify(body)}`);
}

/** A call that needs the user's secret. @returns what is wrong with its answer */
async function faultOf({ url }: GatewayProcess, user: string): Promise<string | undefined> {
  const call = { username: user, serverName: 'echo', methodName: 'received', args: {} };
  const { status, body } = await new RestClient(url).callTool(call);
  return status === 200 && textOf(body.data).includes(digestOf(user)) ? undefined : `${user} ${JSON.stringify(body)}`;
}

async function eachOf(
  all: readonly string[],
  work: (user: string) => Promise<unknown>,
  parallel = PARALLEL,
): Promise<void> {
  const queue = [...all];
  const worker = async (): Promise<void> => {
    for (let user = queue.pop(); user !== undefined; user = queue.pop()) await work(user);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

/** Calls and writes at all gateways, each of another user, until it is stopped. */
function load(
  gateways: readonly GatewayProcess[],
  all: readonly string[],
  parallel = PARALLEL,
): { stop(): Promise<{ calls: number; faults: string[] }> } {
  const faults: string[] = [];
  let [calls, isOver] = [0, false];
  const worker = async (first: number): Promise<void> => {
    for (let number = first; !isOver; number += parallel) {
      const gateway = gateways[number % gateways.length]!;
      const user = all[(number * 7) % all.length]!;
      if (number % 5 === 0) await store(gateway, user);
      const fault = await faultOf(gateway, user).catch(String);
      if (fault !== undefined) faults.push(fault);
      calls += 1;
    }
  };
  const working = Promise.all(Array.from({ length: parallel }, (_, index) => worker(index)));
  return {
    stop: async () => {
      isOver = true;
      await working;
      return { calls, faults };
    },
  };
}

/** kill -9 of a rotation while it seals. */
async function killInTheMiddle(gateway: GatewayProcess): Promise<void> {
  const rotation = adminProcess(gateway, 'rotate-secrets');
  const lines = await rotation.until(/records sealed anew, now those of secrets/);
  expect(lines).toMatch(/is announced/);
  await rotation.kill9();
}

const rotate = (gateway: GatewayProcess): Promise<string> => admin(gateway, 'rotate-secrets');

describe('Rotation of keys', () => {
  const gateways: GatewayProcess[] = [];

  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.dispose();
  });

  async function start(env: Record<string, string>): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({ env });
    gateways.push(gateway);
    return gateway;
  }

  async function fill(gateway: GatewayProcess, all = users, parallel = PARALLEL): Promise<void> {
    await new RestClient(gateway.url).register({ name: 'echo', ...echoServer() });
    await eachOf(all, (user) => store(gateway, user), parallel);
  }

  it(
    cites('keys.rotation', 'keys.resumes', 'keys.master', 'fails no call, goes on after kill -9 and frees the old key'),
    async () => {
      const env: Record<string, string> = { SECRETS_KEY: KEY, SECRETS_KEY_REFRESH_MS: '200' };
      const gateway = await start(env);
      await fill(gateway);
      Object.assign(env, { SECRETS_KEY: NEW_KEY, SECRETS_KEY_PREVIOUS: KEY });
      await gateway.restart();
      const keyIds = (): { id: string; n: number }[] => {
        const database = new Database(join(gateway.dataDir, 'manifold.db'));
        const rows = database.prepare("select doc ->> '$.keyId' as id, count(*) as n from secrets group by 1").all();
        database.close();
        return (rows as { id: string; n: number }[]).map(({ id, n }) => ({ id, n }));
      };
      const [before] = keyIds();

      const calling = load([gateway], users);
      await killInTheMiddle(gateway);
      expect(keyIds().map(({ id }) => id)).toContain(before!.id); // it was not done yet
      expect(await admin(gateway, 'rotate-secrets', '--dry-run')).toMatch(/^secrets\t450\t\d+$/m);
      expect(await rotate(gateway)).toMatch(/^Data key [0-9a-f]{16} is in use: \d+ records sealed anew, 0 retired/);
      const { calls, faults } = await calling.stop();

      expect(faults).toEqual([]);
      expect(calls).toBeGreaterThan(50);
      expect(keyIds()).toEqual([{ id: expect.not.stringMatching(before!.id), n: SECRETS }]);
      Object.assign(env, { SECRETS_KEY_PREVIOUS: '' });
      await gateway.restart();
      await eachOf(users.slice(0, 50), async (user) => expect(await faultOf(gateway, user)).toBeUndefined());
      expect(gateway.logs()).not.toMatch(/"level":50|failed to reload the data keys/);
    },
  );

  it(cites('keys.rotation', 'keys.resumes', 'goes for two replicas on MongoDB in the same way'), async () => {
    const standIn = new MongoStandIn();
    if (process.env.MONGO_URL === undefined) await standIn.start();
    try {
      const env = {
        MONGO_URL: process.env.MONGO_URL ?? standIn.url,
        MONGO_DBNAME: `rotation-${process.pid}`,
        SECRETS_KEY: KEY,
        SECRETS_KEY_REFRESH_MS: '200',
      };
      const few = users.slice(0, 220);
      const one = await start(env);
      await fill(one, few, GENTLY);
      const two = await start(env);
      await eachOf(few.slice(0, 20), async (user) => expect(await faultOf(two, user)).toBeUndefined());

      const calling = load([one, two], few, GENTLY);
      await killInTheMiddle(one);
      expect(await rotate(two)).toMatch(/records sealed anew/);
      const { calls, faults } = await calling.stop();

      expect(faults).toEqual([]);
      expect(calls).toBeGreaterThan(50);
      expect(await admin(one, 'rotate-secrets', '--prune')).toMatch(/: 0 records sealed anew, 0 retired keys removed/);
      for (const gateway of [one, two]) {
        await eachOf(few.slice(-20), async (user) => expect(await faultOf(gateway, user)).toBeUndefined());
        expect(gateway.logs()).not.toMatch(/failed to reload the data keys/);
      }
    } finally {
      if (process.env.MONGO_URL === undefined) await standIn.stop();
    }
  });
});
