// An MCP server over stdio, in raw JSON-RPC, for tests. The first argument picks how it behaves; see the bottom.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const answer = (id, result) => write({ id, result });
const text = (value) => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
});
const notify = (method, params) => write({ method, params });
const tool = (name) => ({ name, inputSchema: { type: 'object' } });

/** The messages that this server has received, for tests that ask what arrived. */
const received = [];
let waiting = [];
const hoard = [];
const shell = (script) => spawn('sh', ['-c', script], { stdio: 'ignore' });

/** Each answers `tools/call` of its name. */
const tools = {
  echo: ({ id, params }) => answer(id, text(params.arguments)),
  params: ({ id, params }) => answer(id, text(params)),
  environment: ({ id }) => answer(id, text(process.env)),
  received: ({ id }) => answer(id, text(received)),
  pid: ({ id }) => answer(id, text(String(process.pid))),
  never: () => {},
  crash: () => {
    process.stderr.write('about to crash\n');
    setImmediate(() => process.exit(3));
  },
  'close-stdout': () => process.stdout.end(),
  progress({ id, params }) {
    const progressToken = params._meta?.progressToken;
    for (const progress of [1, 2, 3]) {
      if (progressToken !== undefined)
        notify('notifications/progress', { progressToken, progress, total: 3, x: 'kept' });
    }
    answer(id, text('done'));
  },
  /** Answers late, after cancellation. */
  late({ id, params }) {
    waiting.push(() => {
      notify('notifications/progress', { progressToken: params._meta?.progressToken, progress: 9 });
      answer(id, text('too late'));
    });
  },
  /** Holds its calls back until there are `of` of them, and answers them in an order of its own. */
  shuffle({ id, params }) {
    waiting.push(() => answer(id, text(params.arguments)));
    if (waiting.length < params.arguments.of) return;
    const order = waiting.map((call, index) => ({ call, rank: (index * 7919) % 200 })).sort((a, b) => a.rank - b.rank);
    waiting = [];
    for (const { call } of order) call();
  },
  fail: ({ id }) => write({ id, error: { code: -32042, message: 'No such thing', data: { hint: [1, 2] } } }),
  malformed: ({ id }) => write({ id, result: 'a string' }),
  unknown: ({ id }) =>
    answer(id, { ...text('x'), newField: { deep: [1] }, _meta: { 'example.com/a': null }, isError: false }),
  batch: ({ id }) => process.stdout.write(`${JSON.stringify([{ jsonrpc: '2.0', id, result: text('batched') }])}\n`),
  noise({ id }) {
    process.stdout.write('Listening on stdio!\n\n{"broken": \n42\n[]\n');
    write({ id: 987654, result: {} });
    write({ id: null, error: { code: -32700, message: 'Parse error' } });
    notify('notifications/progress', 'nonsense');
    notify('notifications/unheard-of', {});
    answer(id, text('still here'));
  },
  /** Asks the client, and answers with what it said. */
  ask({ id, params }) {
    waiting.push((reply) => answer(id, text(reply)));
    write({ id: 'ask-1', method: params.arguments.method, params: {} });
  },
  changed({ id }) {
    notify('notifications/tools/list_changed');
    answer(id, text('announced'));
  },
  flood({ id }) {
    const line = `${'x'.repeat(1000)}\n`;
    const more = (left) =>
      left === 0 ? answer(id, text('flooded')) : process.stderr.write(line.repeat(100), () => more(left - 1));
    more(100);
  },
  log({ id, params }) {
    process.stderr.write(`${params.arguments.line}\n`, () => answer(id, text('logged')));
  },
  'long-line': ({ id }) => answer(id, text('x'.repeat(9 * 1024 * 1024))),
  'long-line-id-last': ({ id }) =>
    process.stdout.write(`${JSON.stringify({ result: text('"id":1}'.repeat(2 ** 20)), jsonrpc: '2.0', id })}\n`),
  'endless-line'() {
    const more = () => process.stdout.write('x'.repeat(2 ** 20), more);
    more();
  },
  /** Answers a moment later. */
  'slow-pid': ({ id }) => setTimeout(() => answer(id, text(String(process.pid))), 200),
  'text-id': ({ id }) => write({ id: String(id), result: text('taken') }),
  /** Writes what is no message, and answers how often it was answered itself. */
  logs({ id }) {
    const logs = [
      { level: 30, time: 1700000000000, msg: 'listening' },
      { level: 30, id, msg: 'request completed' },
      { level: 30, id, method: 'GET', path: '/status' },
      { level: 'error', id, error: 'cache miss' },
      ['a list'],
    ];
    for (const log of logs) process.stdout.write(`${JSON.stringify(log)}\r\n`);
    process.stdout.write(
      `\uFEFF${JSON.stringify({ jsonrpc: '2.0', id, result: text(received.filter(({ method }) => !method)) })}\n`,
    );
  },
  /** One character of three bytes and one of four, cut into single bytes. */
  async bytes({ id }) {
    const line = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, result: text('€ 🚀') })}\n`);
    for (const byte of line) {
      await new Promise((resolve) => process.stdout.write(Buffer.of(byte), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  /** Takes memory and keeps it: itself, or in a child. */
  hog({
    id,
    params: {
      arguments: { mib, inChild },
    },
  }) {
    if (inChild)
      spawn(process.execPath, ['-e', `globalThis.x = Buffer.alloc(${mib} << 20, 1); setInterval(() => {}, 1e6)`]);
    else hoard.push(Buffer.alloc(mib * 1024 * 1024, 1));
    answer(id, text('taken'));
  },
  /** Starts many processes, in a session of their own or not. */
  multiply({
    id,
    params: {
      arguments: { count, detached, seconds },
    },
  }) {
    shell(
      `${detached ? 'setsid ' : ''}sh -c 'i=0; while [ $i -lt ${count} ]; do sleep ${seconds} & i=$((i+1)); done; wait'`,
    );
    answer(id, text('started'));
  },
  'open-files'({ id }) {
    const open = [];
    try {
      for (;;) open.push(openSync('/dev/null'));
    } catch (error) {
      for (const file of open) closeSync(file);
      answer(id, text({ code: error.code, count: open.length }));
    }
  },
  /** Tries to read the environment of the gateway. */
  spy({ id }) {
    const attempt = () => {
      try {
        return readFileSync(`/proc/${process.ppid}/environ`, 'utf8');
      } catch (error) {
        return error.code;
      }
    };
    answer(id, text({ uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), found: attempt() }));
  },
  grandchild({ id }) {
    const child = spawn('sleep', ['1000'], { stdio: ['ignore', 'inherit', 'inherit'] });
    answer(id, text(String(child.pid)));
  },
};

/** Each answers `tools/list` in the mode of its name. */
const listings = {
  pages({ id, params }) {
    const page = Number(params.cursor ?? 0);
    const nextCursor = page < 2 ? String(page + 1) : undefined;
    answer(id, { tools: [{ ...tool(`tool-${page}`), annotations: { novel: true } }], nextCursor });
  },
  'endless-pages': ({ id, params }) =>
    answer(id, { tools: [tool(`tool-${params.cursor ?? 0}`)], nextCursor: String(Number(params.cursor ?? 0) + 1) }),
  'repeated-cursor': ({ id, params }) =>
    answer(id, { tools: [tool(`tool-${params.cursor ?? ''}`)], nextCursor: 'again' }),
  'many-tools': ({ id }) => answer(id, { tools: Array.from({ length: 10_001 }, (_, index) => tool(`tool-${index}`)) }),
  'bad-tools'({ id }) {
    const nested = (levels) => (levels === 0 ? {} : { properties: nested(levels - 1) });
    const description = 'x'.repeat(1024 * 1024);
    const bad = [{}, 'text', { name: 7 }, tool(''), tool('a\u0007b'), tool('twice')];
    const large = { name: 'large', inputSchema: { type: 'object', description } };
    const deep = { name: 'deep', inputSchema: nested(40) };
    answer(id, { tools: [tool('twice'), ...bad, large, deep, tool('last')] });
  },
  'large-tools'({ id }) {
    const description = 'x'.repeat(900 * 1024);
    const large = Array.from({ length: 6 }, (_, n) => ({
      name: `large-${n}`,
      inputSchema: { type: 'object', description },
    }));
    answer(id, { tools: [...large, tool('small')] });
  },
  'mendable-tools'({ id }) {
    const mendable = [{ name: 'no-schema' }, { ...tool('null-title'), title: null, novel: null }];
    answer(id, {
      tools: received.filter(({ method }) => method === 'tools/list').length > 1 ? [tool('sound')] : mendable,
    });
  },
  'no-tools': ({ id }) => write({ id, error: { code: -32601, message: 'Method not found' } }),
  'no-list': ({ id }) => answer(id, { tools: 'none' }),
};

const mode = process.argv[2] ?? 'normal';
const initializeResult = (protocolVersion) => ({
  protocolVersion,
  capabilities: { tools: { listChanged: true } },
  serverInfo: { name: 'raw', version: '1.0.0' },
  novel: 'kept',
});

function handle(message) {
  received.push(message);
  const { id, method, params } = message;
  if (method === 'initialize') {
    if (mode !== 'silent') answer(id, initializeResult(mode === 'old' ? '1999-01-01' : params.protocolVersion));
  } else if (method === 'notifications/cancelled') {
    for (const call of waiting.splice(0)) call();
  } else if (method === 'tools/list') {
    const list = listings[mode] ?? (() => answer(id, { tools: Object.keys(tools).map(tool) }));
    list(message);
  } else if (method === 'tools/call') {
    const call = tools[params.name];
    if (call) void call(message);
    else write({ id, error: { code: -32602, message: `Unknown tool: ${params.name}` } });
  } else if (id === 'ask-1') {
    waiting.pop()({ result: message.result, error: message.error });
  } else if (method === 'ping') {
    answer(id, {});
  } else if (method !== undefined && id !== undefined && mode !== 'silent') {
    write({ id, error: { code: -32601, message: 'Method not found' } });
  }
}

// silent: never answers · slow-goodbye: takes its time to leave · crash-at-start · stubborn: ignores the end of stdin and SIGTERM · old: an unknown version ·
// and the names of `listings`
if (mode === 'crash-at-start') {
  process.stderr.write('first words\nmissing API_KEY\n');
  process.exitCode = 7;
} else {
  if (mode === 'stubborn') {
    process.on('SIGTERM', () => process.stderr.write('not now\n'));
    setInterval(() => {}, 1000);
  }
  const input = createInterface({ input: process.stdin });
  if (mode === 'slow-goodbye') {
    process.on('SIGTERM', () => {});
    input.on('close', () => setTimeout(() => process.stdout.write('goodbye\n'), 700));
  }
  input.on('line', (line) => handle(JSON.parse(line)));
}
