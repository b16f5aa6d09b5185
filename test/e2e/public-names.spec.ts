import { join } from 'node:path';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal } from '../support/journal.js';
import { connectSdk1 } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const MAX = 32;
const SAME_BEGINNING = 'a-name-of-more-than-thirty-two-characters';
/** Two that differ only in what a public name cannot hold, and two that differ only in what does not fit. */
const SERVERS = ['mail.work', 'mail@work', `${SAME_BEGINNING}-1`, `${SAME_BEGINNING}-2`, 'plain'];

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ env: { TOOL_NAME_MAX: String(MAX) } });
  const rest = new RestClient(gateway.url);
  for (const name of SERVERS) {
    const { status } = await rest.register({ name, ...echoServer(`--ledger=${ledgerOf(name)}`) });
    expect(status).toBe(200);
  }
});
afterAll(() => gateway.dispose());

const ledgerOf = (server: string) => join(gateway.dataDir, `${server}.ledger`);

describe('the public names of tools', () => {
  it(cites('tools.names.valid', 'are valid, unique and short, and each reaches its own server'), async () => {
    const { client } = await connectSdk1({ url: gateway.url });
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    const echoes = tools.filter(({ description }) => description === 'Answers its message');

    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,32}$/);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('plain_echo');
    expect(echoes).toHaveLength(SERVERS.length);
    for (const { name } of echoes) await client.callTool({ name, arguments: { message: name } });
    const reached = SERVERS.map((server) => readJournal(ledgerOf(server)).map((entry) => entry.arguments!.message));
    expect(reached.map((messages) => messages.length)).toEqual(SERVERS.map(() => 1));
    expect(reached.flat().sort()).toEqual(echoes.map(({ name }) => name).sort());
    await client.close();
  });

  it(cites('tools.names.valid', 'stay the same when servers come, go and start again'), async () => {
    const { client } = await connectSdk1({ url: gateway.url });
    const names = async () => (await client.listTools()).tools.map(({ name }) => name).sort();
    const before = await names();
    const rest = new RestClient(gateway.url);
    await rest.register({ name: 'mail-work', ...echoServer() });
    expect(await names()).toEqual(expect.arrayContaining(before));
    await rest.remove('mail-work');
    await gateway.restart();

    expect(await names()).toEqual(before);
    await client.close();
  });
});
