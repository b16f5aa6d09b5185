import { cites } from '../support/cite.js';
import { GatewayProcess, REPLICAS } from '../support/gateway-process.js';
import { LoadProcess } from '../support/load/load-process.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

/** Calls that one process has under way, how long each takes, and so how many the gateway can do in a second. */
const PLACES = 10;
const CALL_MS = 500;
const CAPACITY = (REPLICAS * PLACES) / (CALL_MS / 1000);
/** The duration of each load. */
const SECONDS = 3;
const ROUNDS = 3;

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
  const served = ({ answers }: Outcome) => answers.filter(([status]) => status === 200);
  const refusedOf = ({ answers }: Outcome) => answers.filter(([status]) => status !== 200);

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
    // One load after the other, several times: what else the machine does meets both.
    const [usual, overload]: Outcome[][] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      usual!.push(await load(CAPACITY));
      overload!.push(await load(3 * CAPACITY));
    }
    const [most, done] = [usual!, overload!].map((outcomes) => outcomes.flatMap(served));
    const refused = overload!.flatMap(refusedOf);
    const [refusal, call] = [refused, done!].map((answers) => middle(answers.map(([, ms]) => ms)));
    const share = done!.length / most!.length;
    process.stdout.write(
      `${done!.length} calls served where ${most!.length} are (${(share * 100).toFixed(0)} %), ` +
        `${refused.length} refused after ${refusal!.toFixed(1)} ms (median)\n`,
    );

    expect(overload!.flatMap(({ faults }) => faults)).toEqual([]);
    expect(share).toBeGreaterThanOrEqual(0.8);
    expect(refused.length).toBeGreaterThan(CAPACITY * SECONDS * ROUNDS); // of three times the capacity, one is served
    expect(refused.filter(([status, , hasTime]) => status !== 503 || !hasTime)).toEqual([]);
    expect(refusal).toBeLessThan(call! / 2); // nobody waits to be refused
  });
});
