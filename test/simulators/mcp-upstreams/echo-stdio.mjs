/**
 * A real MCP server over stdio, without an SDK.
 *
 *   --tools=100           that many tools besides its own
 *   --page-size=10        tools/list in pages
 *   --offers=2            that many resources, a template, a prompt and completion, and the tools of upstream-primitives.mjs
 *   --asks                the tools of upstream-asking.mjs, which ask the client
 *   --silent              never answers
 *   --start-delay=1000    milliseconds until it begins to read
 *   --ledger=path         one JSON line per executed call, for tests of "never repeated"
 *   --lifecycle=path      one JSON line when it has started, answered initialize, and ended
 */
import { readFlags } from './flags.mjs';
import { Journal } from './journal.mjs';
import { McpServer } from './mcp-server.mjs';

const flags = readFlags();
const lifecycle = new Journal(flags.lifecycle);
lifecycle.write({ event: 'started' });
process.on('exit', () => lifecycle.write({ event: 'ended' }));
process.stdin.on('end', () => process.exit(0));
// The reader may close the pipe before the last answer is written: that is not a crash.
process.stdout.on('error', () => process.exit(0));

if (flags.silent) process.stdin.resume();
else setTimeout(serve, Number(flags['start-delay'] ?? 0));

function serve() {
  const server = new McpServer(flags, send);
  const channel = server.openChannel();
  let rest = '';
  let answers = '';
  let reading = false;

  function send(message) {
    answers += `${JSON.stringify(message)}\n`;
    if (!reading) flush();
  }

  function flush() {
    if (answers !== '') process.stdout.write(answers);
    answers = '';
  }

  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    reading = true;
    for (const line of lines) if (line !== '') server.receive(JSON.parse(line), channel, send);
    reading = false;
    flush();
  });
}
