/**
 * npm run compatibility -- [--write] [--clients] [--servers] [--only <name>]...
 *
 * Tries clients against the built gateway, and servers behind it, and prints a table of each. Ends with 1 when something that
 * docs/COMPATIBILITY.md says works does not. --clients and --servers choose a part, --only a client or a server by a part of its name. --write
 * puts the tables into the page.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeInto } from '../../bench/report.mjs';
import { ensureBuilt } from '../../scripts/build-stamp.mjs';
import { tryClient } from './client-trial.mjs';
import { CLIENTS } from './clients.mjs';
import { installClients, nodeOfClients, versionOf } from './install.mjs';
import { tryServer } from './server-trial.mjs';
import { SERVERS } from './servers.mjs';
import { clientTable, regressionsOf, serverTable } from './tables.mjs';

const PAGE = path.join(import.meta.dirname, '../../docs/COMPATIBILITY.md');
/** Servers that are installed at the same time: each waits for the registry most of its time. */
const AT_ONCE = 4;

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean' },
    clients: { type: 'boolean' },
    servers: { type: 'boolean' },
    only: { type: 'string', multiple: true },
  },
});
if (options.write && options.only) throw new Error('The page shows whole tables: --write without --only');
const all = !options.clients && !options.servers;
const isChosen = (name) => !options.only || options.only.some((part) => name.includes(part));

await ensureBuilt();
const { startGateway } = await import('./gateway.mjs');
const gateway = await startGateway();
let ending;
const stop = () => (ending ??= gateway.stop());
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => void stop().then(() => process.exit(1)));

const tables = {};
try {
  if (all || options.clients) tables.clients = await clients();
  if (all || options.servers) tables.servers = await servers();
} finally {
  await stop();
}

const date = new Date().toISOString().slice(0, 10);
const tried = { clients: `the clients on Node ${nodeVersion()}`, servers: `the servers on Node ${process.version}` };
const regressions = regressionsOf(readFileSync(PAGE, 'utf8'), Object.values(tables).join('\n\n'), {
  isPartial: !all || options.only !== undefined,
});
if (options.write) {
  for (const [part, table] of Object.entries(tables)) {
    writeInto(PAGE, `Tried on ${date}: the gateway on Node ${process.version}, ${tried[part]}.\n\n${table}`, part);
  }
} else if (regressions.length > 0) process.exitCode = 1;
console.log(['', ...Object.values(tables), '', ...regressions].join('\n'));

async function clients() {
  installClients();
  const rows = [];
  for (const client of CLIENTS.filter(({ name }) => isChosen(name))) {
    const packages = client.packages.map((name) => ({ name, version: versionOf(name, client) }));
    for (const transport of client.transports) {
      const row = await tryClient(client, transport, gateway);
      rows.push({ ...row, packages });
      progress(clientTable(rows.slice(-1)), row.problems);
    }
  }
  return clientTable(rows);
}

async function servers() {
  const waiting = [...SERVERS.entries()].filter(([, definition]) => isChosen(definition.package));
  const rows = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, definition] = next;
      rows[index] = await tryServer(definition, index, gateway);
      progress(serverTable([rows[index]]), [rows[index].note, ...(rows[index].notices ?? [])]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return serverTable(rows.filter(Boolean));
}

/** Shows the last row of a table, and everything that the table has no place for. */
function progress(table, remarks) {
  console.error(table.split('\n').at(-1));
  for (const remark of remarks.filter(Boolean)) console.error(`  ${remark.slice(0, 2000)}`);
}

function nodeVersion() {
  return nodeOfClients() === process.execPath
    ? process.version
    : `v${versionOf(`node-${process.platform}-${process.arch}`, {})}`;
}
