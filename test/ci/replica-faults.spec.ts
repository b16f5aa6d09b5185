import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedis } from '@manifold/bus/testing';
import { callTool, initialize } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { parseExposition, valueOf } from '../support/exposition.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { LoadProcess } from '../support/load/load-process.js';
import { RestClient } from '../support/rest-client.js';
import { settlesWithin } from '../support/settles-within.js';
import { echoServer } from '../support/upstreams.js';
import { WireClient } from '../support/wire-client.js';

const CLIENTS = 1_000;
const MB = 1024 * 1024;
/** Milliseconds for each way. */
const SLOW = 250;
const TOO_SLOW = 2_000;

interface Herd {
  readonly listening: number;
  readonly returned: number;
  readonly answered: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** Figures of a replica, for the reader of the log. */
const report = (text: string): void => void process.stdout.write(`${text}\n`);

(hasRedis ? describe : describe.skip)('Two replicas in trouble', () => {
  const heapFile = join(tmpdir(), `manifold-heap-${process.pid}`);
  const herd = new LoadProcess('herd.mjs');
  let gateway: GatewayProcess;
  let [one, two]: WireClient[] = [];

  const urlOf = (replica: number): string => gateway.replicas[replica]!.url;
  const statusOf = async (path: string): Promise<number> => (await fetch(`${urlOf(0)}${path}`)).status;
  const metric = async (replica: number, name: string, labels: Record<string, string> = {}): Promise<number> =>
    valueOf(parseExposition(await new RestClient(urlOf(replica)).text('/metrics')), name, labels);

  /** @returns whether more than half of eleven calls, one after another, are answered before a timer of so many milliseconds */
  const areQuickerThan = async (ms: number, session: string): Promise<boolean> => {
    let quick = 0;
    for (let id = 1; id <= 11; id += 1) {
      const call = one!
        .post(callTool(id, 'echo_echo', { message: 'quick' }), { session })
        .then((answer) => answer.text());
      if (await settlesWithin(ms, call)) quick += 1;
      expect(await call).toContain('quick');
    }
    return quick > 5;
  };

  /** @returns bytes of heap of a replica, after a collection */
  const heapOf = async (replica: number): Promise<number> => {
    rmSync(heapFile, { force: true });
    process.kill(gateway.replicas[replica]!.pid, 'SIGUSR2');
    await eventually('the heap is known', () => existsSync(heapFile));
    return Number(readFileSync(heapFile, 'utf8'));
  };

  beforeAll(async () => {
    const NODE_OPTIONS = `--import=${join(import.meta.dirname, '../support/heap-on-signal.mjs')}`;
    gateway = await GatewayProcess.start({ replicas: 2, env: { NODE_OPTIONS, MANIFOLD_TEST_HEAP: heapFile } });
    [one, two] = [new WireClient(urlOf(0)), new WireClient(urlOf(1))];
    await new RestClient(urlOf(0)).register({ name: 'echo', ...echoServer() });
    for (const replica of [0, 1]) await new RestClient(urlOf(replica)).tools();
  });

  afterAll(async () => {
    await herd.stop();
    await gateway?.dispose();
    rmSync(heapFile, { force: true });
  });

  it(cites('replicas.database-slow', 'serve warm calls without waiting for a slow database'), async () => {
    const session = await one!.openSession();
    await areQuickerThan(SLOW, session);
    gateway.shared.toMongo.delay(SLOW);
    expect(await areQuickerThan(SLOW, session)).toBe(true); // the database takes twice that to answer
    expect(await statusOf('/livez')).toBe(200);
    expect(await statusOf('/readyz')).toBe(200);
    expect(await one!.openSession()).toMatch(/./);

    gateway.shared.toMongo.delay(TOO_SLOW);
    const opened = Array.from({ length: 300 }, () => one!.post(initialize()));
    expect(await areQuickerThan(TOO_SLOW, session)).toBe(true);
    expect(await statusOf('/livez')).toBe(200);
    expect(await statusOf('/readyz')).toBe(503);
    const answers = await Promise.all(opened);
    await Promise.all(answers.map((answer) => answer.text()));
    const refused = answers.filter(({ status }) => status !== 200); // some may have begun before it was as slow
    expect(refused.length).toBeGreaterThan(250);
    expect(
      new Set(refused.map(({ status, headers }) => `${status} ${Number(headers.get('retry-after')) > 0}`)),
    ).toEqual(new Set(['503 true']));

    gateway.shared.toMongo.heal();
    await eventually('it is ready', async () => (await statusOf('/readyz')) === 200);
    expect(await one!.openSession()).toMatch(/./);
    await eventually('what waited was written', async () => {
      const queues = ['audit', 'event_log'].map((queue) => metric(0, 'manifold_queue_length', { queue }));
      return (await Promise.all(queues)).every((length) => length === 0);
    });
    expect(await metric(0, 'manifold_audit_dropped_total')).toBe(0);
  });

  it(cites('replicas.herd', 'serve a thousand clients that come at once when one of them was killed'), async () => {
    await two!.openSession();
    const before = await heapOf(1);
    const ports = gateway.replicas.map(({ port }) => port);
    const opened = await herd.ask<Herd>(['open', { ports, count: CLIENTS }]);
    expect(opened).toEqual({ listening: CLIENTS, faults: [] });

    await gateway.replicas[0]!.kill9();
    const back = await eventually('all have come back', async () => {
      const now = await herd.ask<Herd>(['report']);
      return now.returned >= CLIENTS && now.listening === CLIENTS && now;
    });
    expect(back.faults).toEqual([]); // nothing but 429 and 503 with a time to come back
    expect(await herd.ask<Herd>(['call'])).toEqual({ answered: CLIENTS, faults: [] });

    expect(await herd.ask<Herd>(['end'])).toEqual({ faults: [] });
    await eventually('no stream is open', async () => (await metric(1, 'manifold_event_streams')) === 0);
    // MB of heap: 20 KB for each of the clients that came and left.
    const left = ((await heapOf(1)) - before) / MB;
    report(`${left.toFixed(1)} MB of heap are left`);
    expect(left).toBeLessThan(20);
  });
});
