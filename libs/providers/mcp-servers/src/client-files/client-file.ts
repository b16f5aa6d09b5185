import { isObject } from '@manifold/async';

/** A server as a client's configuration file has it. */
export interface ClientEntry {
  /** The name in the file, which can be any text. */
  readonly givenName: string;
  /** JSON pointer to the entry in the file. */
  readonly pointer: string;
  readonly entry: unknown;
}

/** The servers of an MCP client's configuration file. */
export interface ClientFile {
  readonly entries: readonly ClientEntry[];
  /** The question to a person for each input of the file, by its id (VS Code). */
  readonly inputs: ReadonlyMap<string, string>;
  /** Members of the file that are not about servers. */
  readonly ignored: readonly string[];
}

/** Members with the servers: most clients; VS Code; Codex; Zed. */
const MAPS = ['mcpServers', 'servers', 'mcp_servers', 'context_servers'] as const;
const MOST_SERVERS = 1_000;

/**
 * Reads a body as the configuration file of an MCP client.
 * @returns undefined if it is none, such as a document of this gateway
 */
export function clientFileOf(body: unknown): ClientFile | undefined {
  if (!isObject(body)) return undefined;
  const found = placesOf(body);
  const entries = found.flatMap(([pointer, servers]) => entriesOf(pointer, servers));
  if (found.length === 0 || entries.length > MOST_SERVERS) return undefined;
  const read = new Set([...found.map(([pointer]) => pointer.split('/')[1]!), 'inputs', '$schema']);
  const inner = isObject(body.mcp) ? inputsOf(body.mcp.inputs) : []; // settings.json of VS Code
  return {
    entries,
    inputs: new Map([...inner, ...inputsOf(body.inputs)]),
    ignored: Object.keys(body).filter((member) => !read.has(member)),
  };
}

/** Returns the members of a file that have servers, by their pointer. */
function placesOf(body: Readonly<Record<string, unknown>>): [pointer: string, servers: unknown][] {
  const settings = isObject(body.mcp) ? body.mcp : {}; // settings.json of VS Code; OpenCode has the servers in it
  const own = MAPS.filter((map) => isServers(body, map)).map((map): [string, unknown] => [`/${map}`, body[map]]);
  if (isServers(settings, 'servers')) return [...own, ['/mcp/servers', settings.servers]];
  const isMap = Object.keys(settings).length > 0 && Object.values(settings).every(isObject);
  return isMap ? [...own, ['/mcp', settings]] : own;
}

/** A document of this gateway has `servers`, too: a list, with a version. */
function isServers(body: Readonly<Record<string, unknown>>, map: (typeof MAPS)[number]): boolean {
  if (map === 'servers') return isObject(body.servers) && !Object.hasOwn(body, 'version');
  return isObject(body[map]) || Array.isArray(body[map]);
}

/** @param servers entries by their names, or a list of entries with a `name` */
function entriesOf(pointer: string, servers: unknown): ClientEntry[] {
  if (!Array.isArray(servers)) {
    return Object.entries(servers as object).map(([givenName, entry]) => ({
      givenName,
      pointer: `${pointer}/${givenName.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      entry: entry as unknown,
    }));
  }
  return servers.map((item: unknown, index) => {
    const { name = '', ...entry } = isObject(item) ? item : {};
    return { givenName: typeof name === 'string' ? name : '', pointer: `${pointer}/${index}`, entry };
  });
}

function inputsOf(inputs: unknown): [id: string, description: string][] {
  if (!Array.isArray(inputs)) return [];
  return inputs.flatMap((input: unknown): [string, string][] =>
    isObject(input) && typeof input.id === 'string' && typeof input.description === 'string'
      ? [[input.id, input.description.slice(0, 500)]]
      : [],
  );
}
