import { createHash } from 'node:crypto';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { MongoStandIn } from '../support/mongo-stand-in/mongo-stand-in.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const ROUNDS = 4;
/** Acknowledged writes after which a round ends with kill -9, in the middle of further ones. */
const WRITES = 12;

/** Returns what the echo server reports for arguments that hold this secret only. */
const digestOf = (secret: Record<string, string>): string =>
  createHash('sha256').update(JSON.stringify(secret)).digest('hex');

/** The writes of one round that the gateway confirmed. */
interface Acknowledged {
  readonly servers: string[];
  readonly secrets: { readonly name: string; readonly value: string }[];
}

/** Writes without end, in parallel, until the gateway is gone. */
function keepWriting(rest: RestClient, round: number, acknowledged: Acknowledged): Promise<unknown> {
  const until = async (write: (number: number) => Promise<void>): Promise<void> => {
    for (let number = 1; ; number += 1) await write(number);
  };
  const register = async (number: number): Promise<void> => {
    const name = `r${round}-${number}`;
    const { status } = await rest.register({ name, command: 'true', enabled: false });
    if (status === 200) acknowledged.servers.push(name);
  };
  const setSecret = async (number: number): Promise<void> => {
    const secret = { name: `S${round}_${number}`, value: `value ${round} ${number}` };
    const keys = { username: secret.name, serverName: 'echo', secretName: 'TOKEN' };
    const { status } = await rest.setSecret({ ...keys, secretValue: secret.value });
    if (status === 200) acknowledged.secrets.push(secret);
  };
  return Promise.allSettled([until(register), until(setSecret)]);
}

describe('kill -9 of the gateway', () => {
  it(cites('store.kill-9', 'loses no registration and no secret that was acknowledged'), async () => {
    const gateway = await GatewayProcess.start();
    try {
      const rest = new RestClient(gateway.url);
      await rest.register({ name: 'echo', ...echoServer() });
      const acknowledged: Acknowledged = { servers: [], secrets: [] };
      for (let round = 1; round <= ROUNDS; round += 1) {
        const writing = keepWriting(rest, round, acknowledged);
        const enough = round * WRITES;
        await eventually('enough is written', () => Object.values(acknowledged).every((list) => list.length >= enough));
        await gateway.kill9();
        await writing;
        await gateway.restart();
      }

      const { servers } = (await rest.servers()).body;
      expect(servers.map(({ name }) => name)).toEqual(expect.arrayContaining(acknowledged.servers));
      for (const { name, value } of acknowledged.secrets) {
        const call = { username: name, serverName: 'echo', methodName: 'received', args: {} };
        expect(textOf((await rest.callTool(call)).body.data)).toContain(digestOf({ TOKEN: value }));
      }
    } finally {
      await gateway.dispose();
    }
  });
});

describe('a gateway on MongoDB', () => {
  const standIn = new MongoStandIn();
  let url: string;

  beforeAll(async () => {
    if (process.env.MONGO_URL === undefined) await standIn.start();
    url = process.env.MONGO_URL ?? standIn.url;
  });
  afterAll(async () => {
    if (process.env.MONGO_URL === undefined) await standIn.stop();
  });

  it(cites('store.mongo', 'keeps servers, sessions and secrets there, over stop and kill -9'), async () => {
    const SECRETS_KEY = 'a key of this test that is long enough: 0123456789';
    const env = { MONGO_URL: url, MONGO_DBNAME: `e2e-${process.pid}`, SECRETS_KEY };
    const gateway = await GatewayProcess.start({ env });
    try {
      const rest = new RestClient(gateway.url);
      await rest.register({ name: 'echo', ...echoServer() });
      const secret = { username: 'default', serverName: 'echo', secretName: 'TOKEN', secretValue: 'a value of eve' };
      expect((await rest.setSecret(secret)).status).toBe(200);
      const { client, transport } = await connectSdk1({ url: gateway.url });
      const session = transport.sessionId;

      for (const end of [() => gateway.stop(), () => gateway.kill9()]) {
        await end();
        await gateway.restart();
        const text = textOf(await client.callTool({ name: 'echo_received', arguments: {} }));
        expect(text).toContain(digestOf({ TOKEN: 'a value of eve' }));
        expect(transport.sessionId).toBe(session);
      }
      await client.close();

      // Another machine: nothing but the database and the key is the same.
      const other = await GatewayProcess.start({ env });
      try {
        expect((await new RestClient(other.url).server('echo')).body.server.name).toBe('echo');
      } finally {
        await other.dispose();
      }
    } finally {
      await gateway.dispose();
    }
  });
});
