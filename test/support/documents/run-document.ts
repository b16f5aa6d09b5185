import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfig } from '@manifold/config';
import { parse } from 'yaml';
import { VARIABLES } from '../../../libs/config/src/settings.js';
import { connectSdk1, connectSdk1Sse } from '../mcp-clients.js';
import { blocksOf, filled, isOutput, type Block } from './blocks.js';
import { commandsOf, runShell } from './shell.js';

const ROOT = join(import.meta.dirname, '../../..');
const GATEWAY = /\b(?:127\.0\.0\.1|localhost):3001\b/g;

export interface RunningGateway {
  readonly url: string;
  /** The environment of the gateway and of commands. */
  readonly env: Readonly<Record<string, string>>;
}

export interface DocumentRun {
  /** The name of the document in the report. */
  readonly name: string;
  /** The gateway that the document means by port 3001. */
  readonly gateway: RunningGateway;
  /** The gateway that the document means by `https://<your host>` in a block with the mark "in production". */
  readonly production: RunningGateway;
  /** The values of placeholders, by the text that they replace. */
  readonly placeholders: Readonly<Record<string, string>>;
  /** Whether to run only the blocks that need a package registry. Otherwise these blocks are left out. */
  readonly registry?: boolean;
}

/** Checks a block and throws an error if it is wrong. The block's text contains the URL of the gateway and the values of placeholders. */
type Check = (block: Block, run: DocumentRun) => void | Promise<void>;

/** The checks of every kind of block, by its language and mark. */
const CHECKS: Readonly<Record<string, Check>> = {
  sh: (block, run) => execute(block, run, ROOT),
  'sh, needs a registry': (block, run) => execute(block, run, ROOT),
  'sh, in an empty folder': executeApart,
  'sh, in production': (block, run) => execute(block, { ...run, gateway: run.production }, ROOT),
  'sh, starts the gateway': () => undefined, // that of the test has been started
  'sh, runs the tests': () => undefined,
  'sh, has its own test': checkTests,
  'sh, needs a client': callUrls,
  'sh, needs docker': checkCompose,
  'sh, needs a cluster': checkChart,
  json: async (block, run) => {
    JSON.parse(block.text);
    await callUrls(block, run);
  },
  yaml: ({ text }) => void parse(text),
  dotenv: checkSettings,
  mermaid: () => undefined, // GitHub draws it
};

/**
 * Runs and checks the blocks of a document in their order.
 * @returns a line for each fault: `README.md:31: ...`
 */
export async function runDocument(markdown: string, run: DocumentRun): Promise<string[]> {
  const faults = run.registry ? [] : missingScripts(markdown, run);
  for (const block of blocksOf(markdown)) {
    const kind = block.mark === undefined ? block.language : `${block.language}, ${block.mark}`;
    if ((kind === 'sh, needs a registry') !== (run.registry === true)) continue;
    try {
      const check = CHECKS[kind];
      if (!check) throw new Error(`the test does not know blocks of the kind "${kind}"`);
      const isPlain = kind === 'mermaid' || kind === 'yaml' || kind === 'dotenv';
      const host = block.mark === 'in production' && { 'https://<your host>': run.production.url };
      const text = isPlain ? block.text : filled(block.text, { ...host, ...run.placeholders });
      await check({ ...block, text: text.replaceAll(GATEWAY, new URL(run.gateway.url).host) }, run);
    } catch (error) {
      faults.push(`${run.name}:${block.line}: ${(error as Error).message}`);
    }
  }
  return faults;
}

/** Finds npm scripts that do not exist. Text outside blocks names npm commands, too. */
function missingScripts(markdown: string, { name }: DocumentRun): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  return markdown.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(start|test)\b)/g)]
      .map(([, script, short]) => script ?? short!)
      .filter((script) => !(script in scripts))
      .map((script) => `${name}:${index + 1}: there is no npm script "${script}"`),
  );
}

async function execute({ text, output }: Block, { gateway }: DocumentRun, folder: string): Promise<void> {
  if (/\bcurl\s+(?!-\w*f)/.test(text)) throw new Error('curl needs -f to fail on an HTTP error');
  const { code, stdout, stderr } = await runShell(text, folder, gateway.env);
  if (code !== 0) throw new Error(`the commands failed with ${code}: ${`${stdout}${stderr}`.trim()}`);
  if (output !== undefined && !isOutput(output, stdout)) {
    throw new Error(`the commands printed something else:\n${stdout}`);
  }
}

async function executeApart(block: Block, run: DocumentRun): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-document-'));
  try {
    await execute(block, run, folder);
    const file = join(folder, '.env');
    if (!existsSync(file)) return;
    const settings = readFileSync(file, 'utf8');
    checkSettings({ text: settings });
    loadConfig(parseEnv(settings));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Checks that a test exists for each command of a demo, because a demo runs until it is ended. The test has the command as its name. */
function checkTests({ text }: Block): void {
  const folder = join(ROOT, 'test/e2e');
  const specs = readdirSync(folder).filter((file) => file.endsWith('.spec.ts'));
  const names = specs.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  for (const command of text.split('\n')) {
    if (!names.includes(`describe('${command}'`)) throw new Error(`no test has the name "${command}"`);
  }
}

/** Connects an MCP client to each URL of the gateway. */
async function callUrls({ text }: Block, { gateway: { url } }: DocumentRun): Promise<void> {
  const urls = [...text.matchAll(/http:\/\/[^\s"']+/g)].map(([found]) => new URL(found));
  if (!urls.some(({ origin }) => origin === url)) throw new Error('it names no URL of the gateway');
  for (const { origin, pathname, search } of urls.filter((each) => each.origin === url)) {
    const target = { url: origin, path: `${pathname}${search}` };
    const { client } = await (pathname === '/sse' ? connectSdk1Sse(target) : connectSdk1(target));
    await client.close();
  }
}

interface Compose {
  readonly services: Readonly<Record<string, { readonly ports?: readonly string[] }>>;
}

/** Checks commands of docker compose. test/deploy/image.spec.ts checks the file itself. */
async function checkCompose({ text }: Block): Promise<void> {
  const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose;
  for (const [compose, command, ...args] of await commandsOf(text, 'docker')) {
    if (compose !== 'compose') throw new Error(`docker ${compose} is not checked`);
    const [service, , program] = args;
    if (command === 'up') continue;
    if (command !== 'exec') throw new Error(`docker compose ${command} is not checked`);
    if (!(service! in services)) throw new Error(`docker-compose.yml has no service "${service}"`);
    const source = program!.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    if (!existsSync(join(ROOT, source))) throw new Error(`the image has no ${program}`);
  }
}

/** Checks commands of Helm. Their result is tested where Helm is installed. */
async function checkChart({ text }: Block): Promise<void> {
  for (const [command, , chart] of await commandsOf(text, 'helm')) {
    if (command !== 'install') throw new Error(`helm ${command} is not checked`);
    if (!existsSync(join(ROOT, chart!, 'Chart.yaml'))) throw new Error(`there is no chart in ${chart}`);
  }
}

function checkSettings({ text }: Pick<Block, 'text'>): void {
  for (const line of text.trimEnd().split('\n')) {
    const [, name] = /^([A-Z][A-Z0-9_]*)=./.exec(line) ?? [];
    if (name === undefined) throw new Error(`"${line}" is no setting`);
    if (!VARIABLES.has(name)) throw new Error(`the gateway has no setting ${name}`);
  }
}
