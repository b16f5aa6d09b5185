/**
 * npm run bench -- [paragon|integration-app|packages|relay] [--quick] [--strict] [--write docs/PERFORMANCE.md]
 *
 * Measures the gateway on this machine and compares with the project's bounds: against a direct client of the same upstream, a bare
 * node:http server and server-everything's own endpoint, or, with a name, in front of a simulated backend. Nothing else should
 * run meanwhile.
 */
import { parseArgs } from 'node:util';
import { measureIntegrationApp } from './integration-app.mjs';
import { measurePackages } from './packages.mjs';
import { measureParagon } from './paragon.mjs';
import { measureRelay } from './relay.mjs';
import { measureServers } from './servers.mjs';
import { writeInto } from './report.mjs';

/** The benchmarks, by the name of their place in the performance page. */
const BENCHES = {
  bench: measureServers,
  paragon: measureParagon,
  'integration-app': measureIntegrationApp,
  packages: measurePackages,
  relay: measureRelay,
};

const { values: options, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, strict: { type: 'boolean' }, write: { type: 'string' } },
  allowPositionals: true,
});
const [name = 'bench'] = positionals;
if (!Object.hasOwn(BENCHES, name)) throw new Error(`There is no benchmark "${name}"`);

const date = new Date().toISOString().slice(0, 10);
const { text, bounds } = await BENCHES[name]({ quick: options.quick === true, date });
console.log(text);
if (options.write) writeInto(options.write, text, name);
if (options.strict && bounds.some((bound) => !bound.met)) process.exitCode = 1;
