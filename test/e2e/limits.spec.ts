import { setTimeout as sleep } from 'node:timers/promises';
import { callTool, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { hasRedis } from '@manifold/bus/testing';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { parseExposition, valueOf } from '../support/exposition.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { itOnOne } from '../support/replicated.js';
import { RestClient, type RestAnswer } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const QUICK = { serverName: 'echo', methodName: 'echo', args: { message: 'hello' } };
const SLOW = { serverName: 'echo', methodName: 'slow', args: { ms: 600_000 } };

const waitOf = ({ headers }: RestAnswer<unknown>): number => Number(headers.get('retry-after'));

(hasRedis ? describe : describe.skip)('Two replicas with limits', () => {
  const RATE = 20;
  let gateway: GatewayProcess;
  const as = (user: string, replica?: number): RestClient =>
    new RestClient(replica === undefined ? gateway.url : gateway.replicas[replica]!.url, { user });

  beforeAll(async () => {
    const env = { RATE_LIMIT_PER_PRINCIPAL: String(RATE), CALLS_MAX_PER_SERVER: '2', AUTH_FAILURES_PER_ADDRESS: '10' };
    gateway = await GatewayProcess.start({ replicas: 2, env });
    await new RestClient(gateway.url).register({ name: 'echo', ...echoServer() });
    for (const replica of [0, 1]) expect((await as('first', replica).callTool(QUICK)).status).toBe(200);
  });

  afterAll(() => gateway.dispose());

  it(cites('limits.rate', 'let a principal call so often, together, and others go on'), async () => {
    const statuses: number[] = [];
    for (let count = 0; count < RATE; count += 1) statuses.push((await as('alice', 0).callTool(QUICK)).status);
    expect(statuses).toEqual(Array(RATE).fill(200));
    for (const replica of [0, 1]) {
      let calls = 0;
      const refused = await eventually('it knows of the calls at the other one, too', async () => {
        await sleep(200); // each call counts
        calls += 1;
        const answer = await as('alice', replica).callTool(QUICK);
        return answer.status === 429 && answer;
      });
      expect(calls).toBeLessThanOrEqual(RATE); // it would let so many pass by itself
      expect(refused).toMatchObject({ body: { code: 'rate_limited', success: false } });
      expect(waitOf(refused)).toBeGreaterThan(0);
      expect(waitOf(refused)).toBeLessThanOrEqual(60);
    }
    expect((await as('bob').callTool(QUICK)).status).toBe(200);
  });

  it(cites('limits.calls', 'let a server have so many calls under way, together'), async () => {
    const leaving = new AbortController();
    const slowly = (user: string): Promise<Response> =>
      fetch(`${gateway.replicas[0]!.url}/mcp/tool/call?user=${user}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(SLOW),
        signal: leaving.signal,
      });
    // It hears four times a second of calls at the other replica: those of the test before may still hold a place here.
    const untilTaken = async (user: string): Promise<void> => {
      while ((await slowly(user)).status === 429) await sleep(100);
    };
    const slow = ['carol', 'dave'].map(untilTaken);
    const root = new RestClient(gateway.replicas[0]!.url);
    await eventually('both are under way', async () => {
      return valueOf(parseExposition(await root.text('/metrics')), 'manifold_calls_in_flight') === 2;
    });
    let visitor = 0;
    const isFull = async (): Promise<boolean> => {
      const { status, body } = await as(`visitor-${(visitor += 1)}`, 1).callTool(QUICK);
      return status === 429 && body.error!.includes('running at a time');
    };
    await eventually('the other replica knows of both calls', isFull);
    leaving.abort();
    await Promise.allSettled(slow);
    await eventually('the places are free', async () => !(await isFull()));
  });

  it(cites('limits.credentials', 'answer 429 to many wrong credentials, and let right ones pass'), async () => {
    const attempt = async (replica: number): Promise<number> => {
      const headers = { authorization: 'Bearer mfk_wrong' };
      return (await fetch(`${gateway.replicas[replica]!.url}/mcp/tools`, { headers })).status;
    };
    const statuses: number[] = [];
    for (let count = 0; count < 10; count += 1) statuses.push(await attempt(count % 2));
    expect(statuses).toEqual(Array(10).fill(401));
    for (const replica of [0, 1]) {
      let itsOwn = 5;
      await eventually('it knows of those at the other one, too', async () => {
        await sleep(200); // each attempt counts
        itsOwn += 1;
        return (await attempt(replica)) === 429;
      });
      expect(itsOwn).toBeLessThanOrEqual(10); // it would let ten pass by itself
    }
    expect((await as('erin').callTool(QUICK)).status).toBe(200);
  });

  it(cites('limits.redis-down', 'go on with calls, and with limits, without Redis'), async () => {
    gateway.shared.toRedis.cut();
    const frank = as('frank', 0);
    const statuses: number[] = [];
    for (let count = 0; count < RATE + 1; count += 1) statuses.push((await frank.callTool(QUICK)).status);
    expect(statuses).toEqual([...Array<number>(RATE).fill(200), 429]);
    gateway.shared.toRedis.heal();
  });
});

describe('A gateway with limits', () => {
  const RATE = 20;
  let gateway: GatewayProcess;
  let root: RestClient;
  const as = (user: string): RestClient => new RestClient(gateway.url, { user });
  const limited = async (kind: string): Promise<number> =>
    valueOf(parseExposition(await root.text('/metrics')), 'manifold_limited_total', { kind });

  beforeAll(async () => {
    const env = {
      RATE_LIMIT_PER_PRINCIPAL: String(RATE),
      CALLS_MAX: '2',
      TOOL_CALL_TIMEOUT_MS: '10000',
      BREAKER_FAILURES: '2',
    };
    gateway = await GatewayProcess.start({ env });
    root = new RestClient(gateway.url);
    await root.register({ name: 'echo', ...echoServer('--offers=1') });
    expect((await as('first').callTool(QUICK)).status).toBe(200);
  });

  afterAll(() => gateway.dispose());

  itOnOne(cites('limits.rate-mcp', 'tells the model when it may try again, and answers 429 to a flood'), async () => {
    const agent = new WireClient(gateway.url, { user: 'agent' });
    const session = await agent.openSession();
    const texts: string[] = [];
    for (let id = 1; id <= RATE + 1; id += 1) {
      texts.push(await (await agent.post(callTool(id, 'echo_echo', { message: 'hi' }), { session })).text());
    }
    expect(texts.filter((text) => text.includes('isError'))).toHaveLength(1);
    expect(texts.at(-1)).toMatch(/"isError":true/);
    expect(texts.at(-1)).toMatch(/20 calls per minute\. Try again in \d+ seconds\./);
    const read = await agent.post(request(50, 'resources/read', { uri: 'sim://notes/1' }), { session });
    expect(await read.json()).toMatchObject({
      error: {
        message: expect.stringContaining('Try again in') as string,
        data: { retryAfter: expect.any(Number) as number },
      },
    });
    let answer = new Response();
    for (let id = 100; answer.status === 200 && id < 100 + RATE; id += 1) {
      answer = await agent.post(request(id, 'ping'), { session });
    }
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'rate_limited' });
    expect(await limited('principal_rate')).toBe(2);
    expect(await limited('principal_requests')).toBe(1);
  });

  it(cites('limits.scrapes', 'lets a watcher read its metrics, however often'), async () => {
    for (let count = 0; count < 3 * RATE; count += 1) {
      expect(parseExposition(await root.text('/metrics')).has('manifold_calls_in_flight')).toBe(true);
    }
    expect((await root.callTool(QUICK)).status).toBe(200);
    const statuses = new Set<number>();
    for (let count = 0; count < 3 * RATE; count += 1)
      statuses.add((await as('nosy').request('GET', '/metrics')).status);
    expect([...statuses]).toEqual([403, 429]);
  });

  it(cites('limits.call-timeout', 'gives a server the time for a call that its operator has set'), async () => {
    const name = 'hasty';
    await root.request('POST', '/mcp/servers', { name, ...echoServer(), callTimeout: 60_000 });
    expect((await root.request('PUT', `/mcp/servers/${name}`, { callTimeout: 200 })).status).toBe(200);
    expect((await root.server(name)).body.server).toMatchObject({ callTimeout: 200 });
    const answer = await as('gina').callTool({ ...SLOW, serverName: name });
    expect(answer).toMatchObject({ status: 504, body: { error: 'No answer within 200 ms' } });
  });

  itOnOne(
    cites('limits.overload', 'limits.breaker', 'sheds what it cannot do, and leaves a server alone'),
    async () => {
      const slowCalls = () => Promise.all(['alice', 'bob'].map((user) => as(user).callTool(SLOW)));
      const slow = slowCalls();
      let early = 0;
      const shed = await eventually('it has enough to do', async () => {
        const answer = await as(`early-${(early += 1)}`).tools();
        return answer.status === 503 && answer;
      });
      expect(shed.body).toMatchObject({ code: 'overloaded' });
      expect(waitOf(shed)).toBe(1);
      expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
      const session = { session: 'whatever' };
      const overMcp = await new WireClient(gateway.url, { user: 'carol' }).post('this is no JSON', session);
      expect([overMcp.status, overMcp.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await limited('overload')).toBeGreaterThanOrEqual(2);

      expect((await slow).map(({ status }) => status)).toEqual([504, 504]);
      const refused = await eventually('a call comes within the second in which the server is left alone', async () => {
        const answer = await as('dave').callTool(QUICK);
        if (answer.status !== 200) return answer;
        await slowCalls();
        return false;
      });
      expect(refused).toMatchObject({ status: 503, body: { code: 'upstream_unavailable' } });
      expect(waitOf(refused)).toBe(1);
      expect(await limited('breaker')).toBe(1);
      let visitor = 0;
      await eventually('it is tried again', async () => {
        return (await as(`visitor-${(visitor += 1)}`).callTool(QUICK)).status === 200;
      });
      const families = parseExposition(await root.text('/metrics'));
      expect(valueOf(families, 'manifold_upstream_breakers_open', { app: 'echo' })).toBe(0);
    },
  );
});
