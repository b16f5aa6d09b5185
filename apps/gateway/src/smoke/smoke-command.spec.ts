import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { agreed, harmless } from './mcp-steps.js';
import { smokeProgram } from './smoke-command.js';

describe('The smoke command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-smoke-'));
  const URL_ARGUMENTS = ['--url', 'http://127.0.0.1:9'];
  let server: Server | undefined;

  afterEach(() => server?.close());
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Returns the message about wrong usage. */
  async function complaint(...args: string[]): Promise<string> {
    let said = '';
    const program = smokeProgram(
      () => undefined,
      () => undefined,
    );
    program.exitOverride().configureOutput({ writeErr: (text) => (said += text) });
    await expect(program.parseAsync(args, { from: 'user' })).rejects.toThrow(CommanderError);
    return said;
  }

  it('says what is wrong with its use before it asks the gateway anything', async () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '\n');
    expect(await complaint('--token', 't')).toContain('--url');
    expect(await complaint('--url', 'gateway.example.com', '--token', 't')).toContain('http or https URL');
    expect(await complaint(...URL_ARGUMENTS)).toContain('a token is needed');
    expect(await complaint(...URL_ARGUMENTS, '--token-file', empty)).toContain('a token is needed');
    expect(await complaint(...URL_ARGUMENTS, '--token-file', join(folder, 'nowhere'))).toContain('cannot be read');
    expect(await complaint(...URL_ARGUMENTS, '--token', 't', '--token-file', empty)).toContain('not both');
    expect(await complaint(...URL_ARGUMENTS, '--token', 't', '--tool', 'x', '--arguments', '[1]')).toContain(
      'JSON object',
    );
    expect(await complaint(...URL_ARGUMENTS, '--token', 't', '--arguments', '{}')).toContain(
      '--arguments needs --tool',
    );
    expect(await complaint(...URL_ARGUMENTS, '--token', 't', '--surprise')).toContain('unknown option');
  });

  it('opens a connection for each request, and never shows the token', async () => {
    const seen: { authorization?: string; port?: number }[] = [];
    server = createServer((request, response) => {
      const { authorization } = request.headers;
      seen.push({ authorization, port: request.socket.remotePort });
      const isProbe = /^\/base\/(livez|readyz)$/.test(request.url ?? '');
      response.writeHead(isProbe ? 200 : 500).end(`an upstream that echoes: ${authorization}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const token = join(folder, 'token');
    writeFileSync(token, 'mfk_canary\n');
    const junit = join(folder, 'junit.xml');
    const printed: string[] = [];
    let passed: boolean | undefined;
    const program = smokeProgram(
      (line) => printed.push(line),
      (result) => (passed = result),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
    await program.parseAsync(['--url', url, '--token-file', token, '--junit', junit], { from: 'user' });

    expect(passed).toBe(false);
    expect(printed.join('\n')).toContain('FAIL  REST: the registered servers are listed');
    expect(printed.join('\n')).toContain('[token]');
    expect(printed.join('\n')).not.toContain('canary');
    expect(seen.map(({ authorization }) => authorization)).toContain('Bearer mfk_canary');
    expect(seen.length).toBeGreaterThan(7);
    expect(new Set(seen.map(({ port }) => port)).size).toBe(seen.length);
  });
});

describe('The tool that a smoke test chooses', () => {
  const inputSchema = { type: 'object' as const };

  it('only reads, and needs no arguments', () => {
    const chosen = harmless([
      { name: 'writes', inputSchema },
      { name: 'asks', inputSchema: { ...inputSchema, required: ['what'] }, annotations: { readOnlyHint: true } },
      { name: 'says-no', inputSchema, annotations: { readOnlyHint: false } },
      { name: 'reads', inputSchema: { ...inputSchema, required: [] }, annotations: { readOnlyHint: true } },
    ]);
    expect(chosen).toEqual({ name: 'reads', arguments: {} });
  });

  it('is none where no tool says so', () => {
    expect(() => harmless([{ name: 'writes', inputSchema }])).toThrow('name one with --tool');
  });
});

describe('The tools that a smoke test lists', () => {
  const tools = (...names: string[]) => names.map((name) => ({ name, inputSchema: { type: 'object' as const } }));

  it('are the same each time, in any order', async () => {
    const answers = [tools('a', 'b'), tools('b', 'a'), tools('a', 'b'), tools('a', 'b')];
    await expect(agreed(async () => answers.shift()!)).resolves.toEqual(tools('a', 'b'));
    expect(answers).toEqual([]);
  });

  it('show that one replica knows a tool that another one does not', async () => {
    const answers = [tools('a', 'b'), tools('a', 'b'), tools('a')];
    await expect(agreed(async () => answers.shift()!)).rejects.toThrow(
      'the second list (1 tools) differs from the first (2 tools): do the replicas agree?',
    );
  });
});
