import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { descendants, isAlive } from '../support/process-tree.js';

const DEMO = join(import.meta.dirname, '../../scripts/demo-paragon.mjs');

let folder: string;
let server: Server;
let port: number;
let demo: ChildProcess | undefined;
let output: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paragon-demo-'));
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  if (demo && isAlive(demo.pid!)) {
    demo.kill('SIGINT');
    await once(demo, 'exit');
  }
  server.close();
  rmSync(folder, { recursive: true });
});

/** As `npm run demo:paragon` starts it, with temporary files in a folder of the test's own. */
function startDemo(): ChildProcess {
  output = '';
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: folder, PORT: String(port) };
  demo = spawn(process.execPath, [DEMO], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [demo.stdout!, demo.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return demo;
}

async function startedDemo(): Promise<{ child: ChildProcess; url: string }> {
  server.close();
  await once(server, 'close');
  const child = startDemo();
  await eventually('the demo says what to do', () => {
    if (child.exitCode !== null) throw new Error(`The demo has ended:\n${output}`);
    return output.includes('Ctrl-C ends the demo');
  });
  return { child, url: `http://127.0.0.1:${port}` };
}

/** What the setup page and the stub of the Connect SDK on it do when the user presses the button. */
async function connectAccount(url: string, token: string): Promise<void> {
  const [, paragon] = /simulated Paragon \((\S+)\)/.exec(output)!;
  const link = await post(`${url}/setup`, { token }, { origin: url });
  const { projectId, userToken, integration } = link as Record<string, string>;
  const account = { authorization: `Bearer ${userToken}` };
  await post(`${paragon}/projects/${projectId}/sdk/portal`, { integration }, account);
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<unknown> {
  const all = { 'content-type': 'application/json', ...headers };
  const response = await fetch(url, { method: 'POST', headers: all, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

describe('npm run demo:paragon', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('starts both, and leaves no process and no file after %s', async (signal) => {
    const { child, url } = await startedDemo();
    const family = descendants(child.pid!);
    const files = readdirSync(folder);
    const live = await fetch(`${url}/livez`);
    child.kill(signal);
    const [code] = await once(child, 'exit');

    expect(live.status).toBe(200);
    expect(family.length).toBeGreaterThan(0);
    expect(files).toEqual([expect.stringMatching(/^manifold-demo-/)]);
    expect(code).toBe(0);
    expect(family.filter(isAlive)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says where to point a client, for whom what is connected, and nothing secret', async () => {
    const { url } = await startedDemo();

    expect(output).toContain(`"url": "${url}/mcp?user=alice"`);
    expect(output).toContain(`claude mcp add --transport http paragon-demo "${url}/mcp?user=alice"`);
    expect(output).toMatch(/alice +has connected Slack and Google Calendar/);
    expect(output).not.toContain('PRIVATE KEY');
  });

  it('offers the tools of the simulated Paragon, and links to set up what the user has not connected', async () => {
    const { url } = await startedDemo();
    const { client } = await connectSdk1({ url, user: 'alice' });
    const { tools } = await client.listTools();
    const message = { channel: '#general', message: 'hello' };
    const sent = await client.callTool({ name: 'SLACK_SEND_MESSAGE', arguments: message });
    const contact = { name: 'HUBSPOT_CREATE_CONTACT', arguments: { email: 'ada@example.com' } };
    const invitation = textOf(await client.callTool(contact));
    await connectAccount(url, /setup\?token=([\w-]+)/.exec(invitation)![1]!);
    const created = await client.callTool(contact);
    await client.close();

    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['SLACK_SEND_MESSAGE', contact.name]));
    expect(JSON.parse(textOf(sent))).toMatchObject({ user: 'alice', parameters: message });
    expect(invitation).toContain(`${url}/setup?token=`);
    expect(JSON.parse(textOf(created))).toMatchObject({ user: 'alice', parameters: contact.arguments });
  });

  it('ends with the gateway’s own words when the port is taken', async () => {
    const [code] = await once(startDemo(), 'exit');

    expect(code).toBe(1);
    expect(output).toContain(`port ${port} is in use`);
    expect(output).not.toContain('Ctrl-C');
    expect(readdirSync(folder)).toEqual([]);
  });
});
