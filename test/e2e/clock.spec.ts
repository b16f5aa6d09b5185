import { TestIssuer } from '@manifold/auth/testing';
import { callTool, events } from '../../libs/transport/testing/src/mcp-wire.js';
import { admin } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { SettableClock } from '../support/clock/settable-clock.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { itOnOne, keepsState } from '../support/replicated.js';
import { RestClient, type RestAnswer } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const HOUR_MS = 3_600_000;
const RATE = 60;
const ECHO = { serverName: 'echo', methodName: 'echo', args: { message: 'hello' } };

const CRASH = { serverName: 'frail', methodName: 'crash', args: {} };

const waitOf = ({ headers }: RestAnswer<unknown>): number => Number(headers.get('retry-after'));

describe('A gateway whose clock is set', () => {
  const clock = new SettableClock();
  const issuer = new TestIssuer('https://issuer.test');
  let gateway: GatewayProcess;
  let key: string;
  let revoked: string;
  let session: string;
  let stream: AsyncIterator<unknown>;

  const as = (token: string): RestClient => new RestClient(gateway.url, { token });
  const user = (sub: string, seconds = 30 * 60): string =>
    issuer.token({ sub, exp: Math.floor(Date.now() / 1000) + seconds });
  const admins = (): RestClient => as(key);
  const mcp = (): WireClient => new WireClient(gateway.url, { token: key });
  const echoIn = async (id: string): Promise<number> => {
    const response = await mcp().post(callTool(1, 'echo_echo', { message: 'hi' }), { session: id });
    await response.text();
    return response.status;
  };

  /** Calls until the limit is reached. */
  const exhaust = async (token: string): Promise<RestAnswer<unknown>> => {
    for (let count = 0; count < RATE; count += 1) await as(token).callTool(ECHO);
    return as(token).callTool(ECHO);
  };
  /** Crashes until the server is not started again. */
  const crashed = async (): Promise<RestAnswer<unknown>> => {
    return eventually('it may not be started again', async () => {
      const answer = await admins().callTool(CRASH);
      return answer.body.error?.includes('failed too often') && answer;
    });
  };

  beforeAll(async () => {
    await issuer.listen();
    gateway = await GatewayProcess.start({
      env: {
        ...clock.env,
        NODE_ENV: 'production',
        RATE_LIMIT_PER_PRINCIPAL: String(RATE),
        BREAKER_FAILURES: '0',
        EGRESS_ALLOW: '127.0.0.1',
        MCP_SERVER_URL: 'https://gateway.test',
        AUTH_ISSUERS: JSON.stringify([{ issuer: issuer.issuer, jwksUri: `${issuer.url}/jwks` }]),
      },
    });
    key = await admin(gateway, 'create-key', '--name', 'ops', '--roles', 'operator,admin');
    await admins().register({ name: 'echo', ...echoServer() });
    await admins().register(keepsState({ name: 'frail', ...echoServer() }));
    const made = await admins().request<{ key: string; id: string }>('POST', '/auth/keys', { name: 'old', roles: [] });
    revoked = made.body.key;
    expect((await as(revoked).tools()).status).toBe(200);
    await admins().request('DELETE', `/auth/keys/${made.body.id}`);
    session = await mcp().openSession();
    stream = events(await mcp().get({ session }));
  });

  afterAll(async () => {
    await gateway?.dispose();
    await issuer.close();
    clock.remove();
  });

  /** Checks what must hold at every time that the clock shows. */
  async function expectUsual(): Promise<void> {
    expect((await as(user('bob', 3 * 3600)).callTool(ECHO)).status).toBe(200);
    expect((await as(revoked).tools()).status).toBe(401);
    expect(await echoIn(session)).toBe(200);
    expect(await echoIn(await mcp().openSession())).toBe(200);
    expect((await admins().callTool({ serverName: 'echo', methodName: 'change', args: {} })).status).toBe(200);
    expect(await stream.next()).toMatchObject({ value: { data: expect.stringContaining('list_changed') as string } });
    // Once a minute has passed since it crashed it is started again, and ends in the middle of the call.
    const frail = await admins().callTool(CRASH);
    if (frail.body.error!.includes('failed too often')) expect(waitOf(frail)).toBeLessThanOrEqual(60);
  }

  it(cites('clock.set-back', 'by an hour locks nobody out for longer than before, and forgets nothing'), async () => {
    expect(waitOf(await exhaust(user('alice')))).toBeLessThanOrEqual(60);
    expect(waitOf(await crashed())).toBeLessThanOrEqual(60);
    const before = await admins().request('GET', '/mcp/servers', undefined, { 'x-request-id': 'before-the-jump' });
    expect(before.status).toBe(200);

    await clock.set(gateway, -HOUR_MS);

    expect(waitOf(await as(user('alice')).callTool(ECHO))).toBeLessThanOrEqual(60);
    await expectUsual();
    const { body } = await admins().request<{ entries: { action: string; time: string }[] }>(
      'GET',
      '/audit?limit=1000',
    );
    const times = body.entries.map(({ time }) => Date.parse(time));
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(HOUR_MS / 2); // of both sides of the jump
  });

  // The record of a session has a date: a replica where the session has no stream goes by it.
  itOnOne(cites('clock.set-forward', 'by an hour lets expire what has a date, and nothing else'), async () => {
    const token = user('carol');
    await clock.set(gateway, HOUR_MS);
    expect((await as(token).callTool(ECHO)).status).toBe(401);
    await expectUsual();

    await clock.set(gateway, 0);
    expect((await as(token).callTool(ECHO)).status).toBe(200);
    await expectUsual();
  });
});
