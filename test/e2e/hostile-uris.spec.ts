import { join } from 'node:path';
import { events, request } from '../../libs/transport/testing/src/mcp-wire.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { clientSpellings, expansions, HOSTILE_TEMPLATES, HOSTILE_URIS } from '../support/hostile-uris.js';
import { keepsState, onEvery } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { WireClient } from '../support/wire-client.js';

const PROGRAM = join(import.meta.dirname, '../simulators/mcp-upstreams/same-uris.mjs');
/** The last one lists all hostile URIs. The other names differ in case only, or begin with its name. */
const SERVERS = ['notes', 'Notes', 'no@tes', 'thief@x', 'Thief'];
const MORE = JSON.stringify({ resources: HOSTILE_URIS, templates: HOSTILE_TEMPLATES });
/** So many requests are sent at the same time. */
const AT_ONCE = 8;

interface Answer {
  readonly result?: {
    readonly resources?: { uri: string; name: string }[];
    readonly resourceTemplates?: { uriTemplate: string; name: string }[];
    readonly contents?: { uri: string; text: string }[];
  };
  readonly error?: { code: number };
}

let gateway: GatewayProcess;
let wire: WireClient;
let session: string;
let lastId = 0;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  const rest = new RestClient(gateway.url);
  wire = new WireClient(gateway.url, { user: 'alice' });
  session = await wire.openSession();
  for (const name of SERVERS) {
    const args = [PROGRAM, name, ...(name === SERVERS.at(-1) ? [MORE] : [])];
    await rest.register(keepsState({ name, command: process.execPath, args }));
  }
  await onEvery(gateway, 'all resources are listed', async () => {
    const { result } = await ask('resources/templates/list');
    return result!.resourceTemplates!.length >= SERVERS.length + HOSTILE_TEMPLATES.length;
  });
});
afterAll(() => gateway?.dispose());

async function ask(method: string, params: Record<string, unknown> = {}): Promise<Answer> {
  lastId += 1;
  const response = await wire.post(request(lastId, method, params), { session });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  return JSON.parse(isStream ? (await events(response).next()).value!.data : await response.text()) as Answer;
}

/** Reads URIs. @returns those that another server than theirs has answered */
async function strayed(uris: Iterable<readonly [uri: string, server: string]>): Promise<unknown[]> {
  const left = [...uris];
  const wrong: unknown[] = [];
  const reader = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [uri, server] = next;
      const { result } = await ask('resources/read', { uri });
      const text = result?.contents?.[0]?.text;
      if (text !== undefined && !text.startsWith(`${server} `)) wrong.push([uri, server, text]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  return wrong;
}

describe('a server that lists URIs of others', () => {
  it(cites('uris.apart', 'has its own resource under each of them, as the others have theirs'), async () => {
    const { resources = [] } = (await ask('resources/list')).result!;
    expect(new Set(resources.map(({ uri }) => uri)).size).toBe(resources.length);
    for (const { uri, name } of resources) {
      const { result } = await ask('resources/read', { uri });
      expect(result?.contents).toMatchObject([{ uri, text: expect.stringMatching(new RegExp(`^${name} `)) }]);
    }
  });

  it(cites('uris.apart', 'answers for nobody else, whatever a client makes of a URI'), async () => {
    const { resources = [] } = (await ask('resources/list')).result!;
    const spellings = new Map(
      resources.flatMap(({ uri, name }) => clientSpellings(uri).map((spelling) => [spelling, name] as const)),
    );
    expect(await strayed(spellings)).toEqual([]);
  });

  it(cites('uris.apart', 'reaches nobody else by a template and a value'), async () => {
    const { resourceTemplates = [] } = (await ask('resources/templates/list')).result!;
    const values = [
      'ui',
      'i',
      '',
      ':~:mcp-server=notes',
      '#:~:mcp-server=notes',
      '//notes/app/index.html',
      '/../../notes/x',
    ];
    const asked = new Map(
      resourceTemplates.flatMap(({ uriTemplate, name }) =>
        [...values, 'ui://notes/app/index.html', 'file:///report.txt#:~:mcp-server=notes'].flatMap((value) =>
          expansions(uriTemplate, value).map((uri) => [uri, name] as const),
        ),
      ),
    );
    expect(await strayed(asked)).toEqual([]);
  });
});
