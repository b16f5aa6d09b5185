import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { blocksOf, filled, isOutput } from './blocks.js';
import { runDocument } from './run-document.js';

let nothing: Server;

beforeAll(async () => {
  nothing = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(nothing, 'listening');
});

afterAll(() => nothing.close());

/** Runs one block, which begins in line 3 where it has a mark and in line 1 where it has none. */
function report(block: string): Promise<string[]> {
  const url = `http://127.0.0.1:${(nothing.address() as AddressInfo).port}`;
  const gateway = { url, env: { PATH: process.env.PATH! } };
  const placeholders = { '<your host>': 'mcp.example.com' };
  return runDocument(block, { name: 'WRONG.md', gateway, production: gateway, placeholders });
}

const sh = (text: string, output?: string): string =>
  `\`\`\`sh\n${text}\n\`\`\`\n${output === undefined ? '' : `\n\`\`\`text\n${output}\n\`\`\`\n`}`;
const marked = (mark: string, text: string): string => `<!-- test: ${mark} -->\n\n${sh(text)}`;
const json = (text: string): string => `\`\`\`json\n${text}\n\`\`\`\n`;

describe('A report on a document', () => {
  it.each<[string, string, string]>([
    ['a command that fails', sh('echo one\nfalse\necho two'), 'WRONG.md:1: the commands failed with 1: one'],
    ['a command that fails in a pipe', sh('false | cat'), 'WRONG.md:1: the commands failed with 1'],
    [
      'a request that fails',
      sh('curl -fsS http://127.0.0.1:3001/mcp'),
      'WRONG.md:1: the commands failed with 22: curl',
    ],
    ['a request that cannot fail', sh('curl -sS http://127.0.0.1:3001/mcp'), 'WRONG.md:1: curl needs -f'],
    ['another output', sh('echo one', 'two'), 'WRONG.md:1: the commands printed something else:\none'],
    ['a placeholder without a value', sh('echo "<your key>"'), 'WRONG.md:1: the placeholder <your key>'],
    [
      'a block of an unknown kind',
      '```ruby\nputs 1\n```',
      'WRONG.md:1: the test does not know blocks of the kind "ruby"',
    ],
    ['a block without a kind', '```\nnpm start\n```', 'WRONG.md:1: the test does not know blocks of the kind ""'],
    [
      'an unknown mark',
      marked('needs luck', 'true'),
      'WRONG.md:3: the test does not know blocks of the kind "sh, needs luck"',
    ],
    ['an output of no command', '```text\none\n```', 'WRONG.md:1: the test does not know blocks of the kind "text"'],
    ['a snippet that is no JSON', json('{ "url": }'), 'WRONG.md:1: Unexpected token'],
    [
      'a snippet without the gateway',
      json('{ "url": "http://example.com/mcp" }'),
      'WRONG.md:1: it names no URL of the gateway',
    ],
    ['a URL that leads nowhere', json('{ "url": "http://127.0.0.1:3001/mcpp" }'), 'WRONG.md:1: '],
    ['a client with a wrong URL', marked('needs a client', 'claude mcp add x http://localhost:3001/m'), 'WRONG.md:3: '],
    [
      'a container that is not there',
      marked('needs docker', 'docker compose exec one ls'),
      'WRONG.md:3: docker-compose.yml',
    ],
    [
      'a program that is not there',
      marked('needs docker', 'docker compose exec gateway-1 node dist/a.js'),
      'WRONG.md:3: the image',
    ],
    [
      'a chart that is not there',
      marked('needs a cluster', 'helm install manifold deploy/chart'),
      'WRONG.md:3: there is no chart',
    ],
    ['a setting that is not there', '```dotenv\nMCP_URL=x\n```', 'WRONG.md:1: the gateway has no setting MCP_URL'],
    [
      'settings that do not fit',
      marked('in an empty folder', 'echo NODE_ENV=production > .env'),
      'WRONG.md:3: The configuration has 1',
    ],
    ['a demonstration without a test', marked('has its own test', 'npm run bench'), 'WRONG.md:3: no test'],
    ['a script that is not there', 'Text\n\nwith `npm run strat` in it', 'WRONG.md:3: there is no npm script "strat"'],
  ])('names the line of %s', async (_name, markdown, fault) => {
    const faults = await report(markdown);
    expect(faults).toEqual([expect.stringContaining(fault)]);
  });

  it('names all faults, and only those', async () => {
    const text = [sh('true', ''), sh('false'), marked('in an empty folder', 'echo "<your host>" > a'), sh('false')];
    const faults = await report(text.join('\n'));
    expect(faults.map((fault) => fault.split(': ')[0])).toEqual(['WRONG.md:9', 'WRONG.md:19']);
  });

  it('leaves blocks that need a registry to a run of their own', async () => {
    expect(await report(marked('needs a registry', 'false'))).toEqual([]);
  });
});

describe('The blocks of a document', () => {
  it('have their line, language, mark and output', () => {
    const text = `# A\n\n<!-- test: needs luck -->\n\n\`\`\`sh\na\nb\n\`\`\`\n\n\`\`\`text\nc\n\`\`\`\n\n\`\`\`text\nd\n\`\`\``;
    expect(blocksOf(text)).toEqual([
      { line: 5, language: 'sh', mark: 'needs luck', text: 'a\nb', output: 'c' },
      { line: 14, language: 'text', text: 'd' },
    ]);
  });

  it.each([
    ['a block without an end', '```sh\ntrue', 'line 1'],
    ['a mark without a block', '<!-- test: needs luck -->\n\nText', 'line 2'],
  ])('are refused: %s', (_name, text, line) => {
    expect(() => blocksOf(text)).toThrow(line);
  });

  it('are filled with values, and with nothing else', () => {
    expect(filled('a <your host> b', { '<your host>': 'c' })).toBe('a c b');
    expect(() => filled('<your key>', {})).toThrow('<your key>');
  });
});

describe('An output', () => {
  it.each([
    ['a.b', 'a.b\n', true],
    ['a.b', 'acb', false],
    ['{"a":...}', '{"a":{"b":1}}', true],
    ['a...c', 'a\nc', false],
    ['a\n...\nc', 'a\nb\nb\nc', true],
    ['id 00000000-0000-0000-0000-000000000000', 'id 01a22bbc-5b15-7107-9404-e66adba676e1', true],
    ['2026-01-01T00:00:00Z', '2026-11-30T09:14:51.594Z', true],
    ['one', 'one\ntwo', false],
  ])('%j is that of %j: %s', (expected, actual, fits) => {
    expect(isOutput(expected, actual)).toBe(fits);
  });
});
