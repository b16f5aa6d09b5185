import { cites } from '../support/cite.js';
import { GatewayProcess, REPLICAS } from '../support/gateway-process.js';
import { LoadProcess } from '../support/load/load-process.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

/** Calls that one process has under way, how long each takes, and so how many the gateway can do in a second. */
const PLACES = 10;
const CALL_MS = 500;
const CAPACITY = (REPLICAS * PLACES) / (CALL_MS / 1000);
const SECONDS = 6;

interface Outcome {
  /** Status, milliseconds, whether it says when to come back. */
  readonly answers: readonly (readonly [number, number, boolean])[];
  readonly faults: readonly string[];
  readonly seconds: number;
}

const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

describe('A gateway that gets more than it can do', () => {
  let gateway: GatewayProcess;
  const loads: LoadProcess[] = [];

  /** Calls at a rate, whatever becomes of those before. */
  const load = async (perSecond: number): Promise<Outcome> => {
    const process = new LoadProcess('open-loop.mjs');
    loads.push(process);
    const body = { serverName: 'slow', methodName: 'slow', args: { ms: CALL_MS } };
    return process.ask<Outcome>({ url: gateway.url, path: '/mcp/tool/call', body, perSecond, seconds: SECONDS });
  };
  const served = ({ answers }: Outcome): number => answers.filter(([status]) => status === 200).length;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { CALLS_MAX: String(PLACES) } });
    await new RestClient(gateway.url).register({ name: 'slow', ...echoServer() });
    await load(CAPACITY); // whatever is compiled or opened at first
  });

  afterAll(async () => {
    await Promise.all(loads.map((process) => process.stop()));
    await gateway?.dispose();
  });

  it(cites('limits.goodput', 'does nearly as much as it can, and refuses the rest at once'), async () => {
    const most = served(await load(CAPACITY));
    const overloaded = await load(3 * CAPACITY);
    const refused = overloaded.answers.filter(([status]) => status !== 200);
    const timesOf = (answers: Outcome['answers']): number[] => answers.map(([, ms]) => ms);
    const refusal = middle(timesOf(refused));
    const share = served(overloaded) / most;
    process.stdout.write(
      `${served(overloaded)} calls served where ${most} are (${(share * 100).toFixed(0)} %), ` +
        `${refused.length} refused after ${refusal.toFixed(1)} ms (median)\n`,
    );

    expect(overloaded.faults).toEqual([]);
    expect(share).toBeGreaterThanOrEqual(0.8);
    expect(refused.length).toBeGreaterThan(CAPACITY * SECONDS); // of three times the capacity, one is served
    expect(refused.filter(([status, , hasTime]) => status !== 503 || !hasTime)).toEqual([]);
    expect(refusal).toBeLessThan(CALL_MS / 2); // nobody waits to be refused
  });
});
