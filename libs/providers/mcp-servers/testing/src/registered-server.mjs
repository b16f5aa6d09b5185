/**
 * An MCP server over stdio for the specs of the registry, in raw JSON-RPC.
 *
 * --ledger=<file>   one line per event: "start <pid>", "call <tool>", "cancelled"
 * --crash           exits before it answers anything
 * --silent          never answers
 * --wait-for=<file> answers `initialize` when the file is there
 * --reject-list     answers `tools/list` with an error
 * --also=<names>    has further tools, with commas between their names: `await`, `variable`, `reveal`, or others that answer like `pid`
 * --parameters=<names> all tools have these parameters, all required, with commas between them
 * --needs=<name>    exits at once when there is no such environment variable
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const flags = process.argv.slice(2);
const valueOf = (name) => flags.find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
const ledger = valueOf('--ledger');
const gate = valueOf('--wait-for');
const record = (line) => ledger && appendFileSync(ledger, `${line}\n`);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (value) => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
});
const sha256 = (value) => createHash('sha256').update(value).digest('hex');

const needed = valueOf('--needs');
const appearance = async (file) => {
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
};

const further = valueOf('--also')?.split(',') ?? [];
const required = valueOf('--parameters')?.split(',');
const parameters = required && {
  properties: Object.fromEntries(required.map((name) => [name, { type: 'string' }])),
  required,
};
const tools = ['received', 'echo', 'reject', 'hang', 'exit', 'grow', 'pid', 'slow', ...further].map((name) => ({
  name,
  inputSchema: { type: 'object', ...parameters },
  'x-unknown': { kept: true },
}));

const stopSlowCalls = [];

const run = {
  /** Answers hashes of the arguments, never the values: results are searched for secrets. */
  received: (args) =>
    text(Object.fromEntries(Object.entries(args).map(([name, value]) => [name, sha256(String(value))]))),
  echo: (args) => {
    process.stderr.write(`echo: ${JSON.stringify(args)}\n`);
    return text(args);
  },
  reject: (args) => {
    throw new Error(`rejected: ${JSON.stringify(args)}`);
  },
  hang: () => undefined,
  exit: () => process.exit(7),
  grow: () => {
    tools.push({ name: `grown_${tools.length}`, inputSchema: { type: 'object' } });
    send({ method: 'notifications/tools/list_changed' });
    return text('grown');
  },
  /** Reports progress until it is cancelled. */
  slow: (args, progressToken) => {
    process.stderr.write(`slow: ${JSON.stringify(args)}\n`);
    let progress = 1;
    const report = () => send({ method: 'notifications/progress', params: { progressToken, progress: ++progress } });
    const timer = setInterval(() => progressToken !== undefined && report(), 20);
    stopSlowCalls.push(() => clearInterval(timer));
  },
  pid: () => text(String(process.pid)),
  /** Answers the hash of an environment variable, never its value. */
  variable: ({ name }) => text(process.env[name] === undefined ? 'not set' : sha256(process.env[name])),
  /** Says it aloud. */
  reveal: ({ name }) => {
    process.stderr.write(`${name} is ${process.env[name]}\n`);
    return text(`${name} is ${process.env[name]}`);
  },
  /** Answers like `pid` when the file is there. */
  await: async ({ file }) => {
    await appearance(file);
    return text(String(process.pid));
  },
};

const answers = {
  initialize: async ({ protocolVersion }) => {
    if (gate) await appearance(gate);
    const serverInfo = { name: 'registered', version: '1' };
    return { protocolVersion, capabilities: { tools: { listChanged: true } }, serverInfo };
  },
  ping: () => ({}),
  'tools/list': () => {
    if (flags.includes('--reject-list')) throw new Error('the tools are gone');
    return { tools };
  },
  'tools/call': ({ name, arguments: args, _meta }) => {
    record(`call ${name}`);
    const { progressToken } = _meta ?? {};
    if (progressToken !== undefined) {
      send({ method: 'notifications/progress', params: { progressToken, progress: 1, message: JSON.stringify(args) } });
    }
    return (run[name] ?? run.pid)(args ?? {}, progressToken);
  },
};

record(`start ${process.pid}`);
if (flags.includes('--crash')) {
  process.stderr.write('no configuration found\n');
  process.exit(3);
}

if (needed && process.env[needed] === undefined) {
  process.stderr.write(`${needed} is not set\n`);
  process.exit(4);
}

// A reader that is gone ends the server, also while it waits.
process.stdin.on('end', () => process.exit(0));
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'notifications/cancelled') {
    for (const stop of stopSlowCalls.splice(0)) stop();
    record('cancelled');
  }
  if (id === undefined || method === undefined || flags.includes('--silent')) return;
  if (!answers[method]) return send({ id, error: { code: -32601, message: `Method not found: ${method}` } });
  try {
    const result = await answers[method](params ?? {});
    if (result !== undefined) send({ id, result });
  } catch (error) {
    send({ id, error: { code: -32000, message: error.message, data: { why: error.message } } });
  }
});
