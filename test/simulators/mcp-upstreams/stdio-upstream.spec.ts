import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ProgressNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { eventually } from '../../support/eventually.js';
import { readJournal } from '../../support/journal.js';
import { textOf } from '../../support/mcp-clients.js';
import { echoServer } from '../../support/upstreams.js';

let client: Client;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stdio-upstream-'));
});

afterEach(async () => {
  await client.close();
  rmSync(folder, { recursive: true });
});

async function connect(...flags: string[]): Promise<Client> {
  client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({ ...echoServer(...flags), env: { PATH: process.env.PATH!, ONLY_THIS: '1' } }),
  );
  return client;
}

const call = async (name: string, args: Record<string, unknown> = {}) =>
  textOf(await client.callTool({ name, arguments: args }));

describe('the stdio upstream', () => {
  it('answers the tools that depend on the call alone', async () => {
    await connect();
    const sorted = JSON.stringify({ a: 'x', b: 1 });

    expect(await call('echo', { message: 'grüß' })).toBe('grüß');
    expect(JSON.parse(await call('received', { b: 1, a: 'x' }))).toEqual({
      sha256: createHash('sha256').update(sorted).digest('hex'),
      names: ['a', 'b'],
    });
    expect(JSON.parse(await call('environment'))).toEqual(expect.arrayContaining(['ONLY_THIS', 'PATH']));
    await expect(call('no_such_tool')).rejects.toThrow('Unknown tool: no_such_tool');
  });

  it('gives its tools in pages', async () => {
    await connect('--tools=5', '--page-size=4');
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools({ cursor });
      expect(page.tools.length).toBeLessThanOrEqual(4);
      names.push(...page.tools.map((tool) => tool.name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);

    expect(names).toHaveLength(8 + 5);
    expect(names.at(-1)).toBe('extra_005');
  });

  it('reports progress, and stops and remembers when it is cancelled', async () => {
    await connect();
    const steps: number[] = [];
    // Not by onprogress: where the SDK reads the last progress and the result in one go, it forgets the listener between the two.
    client.setNotificationHandler(ProgressNotificationSchema, ({ params }) => void steps.push(params.progress));
    await client.callTool({ name: 'slow', arguments: { ms: 0, steps: 3 }, _meta: { progressToken: 'slow' } });
    await eventually('all progress has arrived', () => steps.length === 3);
    expect(steps).toEqual([1, 2, 3]);
    expect(await call('cancelled')).toBe('0');

    const controller = new AbortController();
    const hanging = client.callTool({ name: 'slow', arguments: { ms: 60_000 } }, undefined, {
      signal: controller.signal,
    });
    controller.abort();

    await expect(hanging).rejects.toThrow();
    // The server answers messages that it read in one go with the cancellation before the call has ended.
    await eventually('the call has ended', async () => (await call('cancelled')) === '1');
  });

  it('adds a tool and says so', async () => {
    await connect();
    const changed = new Promise<void>((resolve) => {
      client.fallbackNotificationHandler = async ({ method }) => {
        if (method === 'notifications/tools/list_changed') resolve();
      };
    });
    await call('change');
    await changed;

    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('added_008');
  });

  it('writes down what it did, crash included', async () => {
    const ledger = join(folder, 'ledger');
    const lifecycle = join(folder, 'lifecycle');
    await connect(`--ledger=${ledger}`, `--lifecycle=${lifecycle}`);
    await call('echo', { message: '1' });
    await expect(call('crash')).rejects.toThrow('Connection closed');

    expect(readJournal(ledger).map((entry) => entry.tool)).toEqual(['echo', 'crash']);
    expect(readJournal(lifecycle).map((entry) => entry.event)).toEqual(['started', 'initialized', 'ended']);
  });
});

describe('a silent stdio upstream', () => {
  it('answers nothing and ends with its input', async () => {
    const { command, args } = echoServer('--silent');
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stdin.end('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n');
    await once(child, 'close');

    expect(output).toBe('');
    expect(child.exitCode).toBe(0);
  });
});
