import { DemoProcess } from '../support/demo-process.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { descendants, isAlive } from '../support/process-tree.js';

let demo: DemoProcess;

beforeEach(async () => {
  demo = await DemoProcess.prepare('demo-paragon.mjs');
});

afterEach(() => demo.dispose());

/** Does what the setup page and the stub of the Connect SDK on it do when the user presses the button. */
async function connectAccount(url: string, token: string): Promise<void> {
  const [, paragon] = /simulated Paragon \((\S+)\)/.exec(demo.output)!;
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
    await demo.start();
    const family = descendants(demo.pid);
    const { files } = demo;
    const live = await fetch(`${demo.url}/livez`);
    const code = await demo.end(signal);

    expect(live.status).toBe(200);
    expect(family.length).toBeGreaterThan(0);
    expect(files).toEqual([expect.stringMatching(/^manifold-demo-/)]);
    expect(code).toBe(0);
    expect(family.filter(isAlive)).toEqual([]);
    expect(demo.files).toEqual([]);
  });

  it('says where to point a client, for whom what is connected, and nothing secret', async () => {
    await demo.start();
    const { url } = demo;

    expect(demo.output).toContain(`"url": "${url}/mcp?user=alice"`);
    expect(demo.output).toContain(`claude mcp add --transport http paragon-demo "${url}/mcp?user=alice"`);
    expect(demo.output).toMatch(/alice +has connected Slack and Google Calendar/);
    expect(demo.output).not.toContain('PRIVATE KEY');
  });

  it('offers the tools of the simulated Paragon, and links to set up what the user has not connected', async () => {
    await demo.start();
    const { url } = demo;
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
    const code = await demo.startInVain();

    expect(code).toBe(1);
    expect(demo.output).toContain(`port ${demo.port} is in use`);
    expect(demo.output).not.toContain('Ctrl-C');
    expect(demo.files).toEqual([]);
  });
});
