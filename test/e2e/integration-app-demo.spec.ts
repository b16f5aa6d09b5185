import { DemoProcess } from '../support/demo-process.js';
import { connectSdk1, connectSdk1Sse, textOf } from '../support/mcp-clients.js';
import { descendants, isAlive } from '../support/process-tree.js';

const SEND = { name: 'gmail_send-email', arguments: { to: 'ada@example.com', subject: 'Hello' } };

let demo: DemoProcess;

beforeEach(async () => {
  demo = await DemoProcess.prepare('demo-integration-app.mjs');
});

afterEach(() => demo.dispose());

describe('npm run demo:integration-app', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('starts both, and leaves no process and no file after %s', async (signal) => {
    await demo.start();
    const family = descendants(demo.pid);
    const live = await fetch(`${demo.url}/livez`);
    expect(demo.files).toEqual([expect.stringMatching(/^manifold-demo-/)]);
    const code = await demo.end(signal);

    expect(live.status).toBe(200);
    expect(family.length).toBeGreaterThan(0);
    expect(code).toBe(0);
    expect(family.filter(isAlive)).toEqual([]);
    expect(demo.files).toEqual([]);
  });

  it('offers an agent what it says, at the URL that it says', async () => {
    await demo.start();
    const [, path] = /"url": "http:\/\/127\.0\.0\.1:\d+(\/sse\?token=[\w.-]+)"/.exec(demo.output)!;
    const { client } = await connectSdk1Sse({ url: demo.url, path });
    const names = (await client.listTools()).tools.map(({ name }) => name);
    const sent = await client.callTool(SEND);
    await client.close();
    const { client: bob } = await connectSdk1({ url: demo.url, user: 'bob' });
    const others = (await bob.listTools()).tools.map(({ name }) => name);
    await bob.close();

    expect(names).toEqual(expect.arrayContaining([SEND.name, 'google-calendar_create_event']));
    expect(names.join()).not.toContain('hubspot');
    expect(JSON.parse(textOf(sent))).toMatchObject({ user: 'alice', input: SEND.arguments });
    expect(others.filter((name) => name.startsWith('g'))).toEqual([
      'google-docs_append-text',
      'google-docs_create-document',
    ]);
  });

  it('answers the command that it shows', async () => {
    await demo.start();
    const [, body] = / -d '(.*)'/.exec(demo.output)!;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${demo.url}/mcp/tool/call`, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ success: true });
  });

  it('ends with the gateway’s own words when the port is taken', async () => {
    expect(await demo.startInVain()).toBe(1);
    expect(demo.output).toContain(`port ${demo.port} is in use`);
    expect(demo.output).not.toContain('Ctrl-C');
    expect(demo.files).toEqual([]);
  });
});
