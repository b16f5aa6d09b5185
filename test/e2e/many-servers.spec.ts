import { join } from 'node:path';
import { ChangeableServer } from '../support/changeable-server.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { readJournal, type JournalEntry } from '../support/journal.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { isAlive, processesNaming } from '../support/process-tree.js';
import { RestClient, type ServerView } from '../support/rest-client.js';

const SERVERS = 100;
const TOOLS_EACH = 8;
const AT_A_TIME = 4;

let gateway: GatewayProcess;
let rest: RestClient;
let journal: string;

const nameOf = (number: number): string => `s${String(number).padStart(3, '0')}`;
const lastName = nameOf(SERVERS - 1);

/** The first two never answer, and every tenth needs a while: as they were registered, so they are started. */
function behaviourOf(number: number): string[] {
  if (number < 2) return ['--silent'];
  return number % 10 === 0 ? ['--start-delay=500'] : [];
}

/** The servers that are connected and listed. */
async function settled(): Promise<ServerView[]> {
  const { body } = await rest.servers();
  return body.servers.filter(({ name, status, toolsList }) => {
    return name.startsWith('s') && status === 'connected' && toolsList?.length === TOOLS_EACH;
  });
}

let registrationEntries: number;
/** Returns what the servers noted since the second start of the gateway. */
const restarted = (): JournalEntry[] => readJournal(journal).slice(registrationEntries);
const countOf = (event: JournalEntry['event']): number => restarted().filter((entry) => entry.event === event).length;

/** From the servers' own notes: a start lasts until initialize is answered, or until the process has ended. */
function mostInTheirStart(entries: readonly JournalEntry[]): number {
  const starting = new Set<number>();
  let most = 0;
  for (const { event, pid } of entries) {
    if (event === 'started') starting.add(pid);
    else starting.delete(pid);
    most = Math.max(most, starting.size);
  }
  return most;
}

describe('a gateway with a hundred registered servers, some of them slow or silent', () => {
  beforeAll(async () => {
    gateway = await GatewayProcess.start();
    rest = new RestClient(gateway.url);
    journal = join(gateway.dataDir, 'lifecycle');
    const servers = Array.from({ length: SERVERS }, (_, number) => {
      return new ChangeableServer(gateway.dataDir, nameOf(number), `--lifecycle=${journal}`);
    });
    await Promise.all(
      servers.map(({ registration }, number) => rest.register({ name: nameOf(number), ...registration })),
    );
    await eventually('the tools of all are stored', async () => (await settled()).length === SERVERS);
    await gateway.kill9();
    await eventually('no server is left', () => !processesNaming(`--lifecycle=${journal}`).some(isAlive));
    registrationEntries = readJournal(journal).length;
    servers.forEach((server, number) => server.behaveAs(...behaviourOf(number)));
    await gateway.restart();
  });

  afterAll(() => gateway.dispose());

  it(
    cites(
      'stdio.start-after-listen',
      'stdio.listed-from-store',
      'lists the tools of all while most have not even been started, and the silent ones never answer',
    ),
    async () => {
      const { client } = await connectSdk1({ url: gateway.url });
      const { tools } = await client.listTools();
      const startedByThen = countOf('started');
      await client.close();

      expect(tools.filter(({ name }) => /^s\d\d\d_/.test(name))).toHaveLength(SERVERS * TOOLS_EACH);
      expect(startedByThen).toBeLessThan(SERVERS / 2);
    },
  );

  it(cites('stdio.on-demand', 'starts a server whose turn is far away when it is called'), async () => {
    const answer = await rest.callTool({ serverName: lastName, methodName: 'echo', args: { message: 'first' } });
    const startedByThen = countOf('started');

    expect(textOf(answer.body.data)).toBe('first');
    expect(startedByThen).toBeLessThan(SERVERS / 2);
  });

  it(cites('stdio.parallel-start', 'has at most four of them in their start at a time'), async () => {
    await eventually('a good part has started', () => countOf('initialized') >= SERVERS / 4);
    const connected = await settled();

    expect(connected.length).toBeGreaterThanOrEqual(SERVERS / 4 - AT_A_TIME);
    expect(mostInTheirStart(restarted())).toBeLessThanOrEqual(AT_A_TIME);
    expect(mostInTheirStart(restarted())).toBeGreaterThan(2);
  });
});
