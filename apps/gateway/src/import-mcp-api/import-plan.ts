import type { ImportItem } from './import-item.js';
import type { OriginalRecord, OriginalRecords } from './original-database.js';
import type { OriginalSeal } from './original-seal.js';

/** Settings that servers have in both gateways, under the same names. */
const SETTINGS = [
  ...['displayName', 'description', 'homepageUrl', 'enabled', 'startupTimeout', 'secretName', 'secretNames'],
  ...['transportType', 'command', 'args', 'env', 'url', 'headers', 'reconnectionOptions'],
];
/** Settings that come from the install of a package. */
const OF_PACKAGES = ['transportType', 'command', 'args', 'env', 'url', 'headers', 'reconnectionOptions'];
const PYTHON_SETTINGS = ['pythonModule', 'pythonArgs', 'pipIndexUrl', 'pipExtraIndexUrl', 'pipDependencies'];
/** Variables that the other gateway sets for a Python environment of its own. */
const PYTHON_VARIABLES = ['VIRTUAL_ENV', 'PATH'];
const GOOGLE_TOKENS = 'google_tokens';
const MS_PER_SECOND = 1000;

/**
 * Returns what there is to bring over, in the order in which it must happen.
 * @param seal undefined if nothing is sealed
 * @param now epoch milliseconds
 */
export function importPlan(records: OriginalRecords, seal: OriginalSeal | undefined, now = Date.now()): ImportItem[] {
  const packages = new Map(records.packages.map((record) => [textOf(record.mcpServerId), record]));
  const servers = records.servers.map((record) => serverItem(record, packages.get(textOf(record.name))));
  const names = servers.map(({ server }) => server);
  const alone = records.packages.filter((record) => !names.includes(textOf(record.mcpServerId) ?? ''));
  const programs = [...alone.map((record) => packageItem(record, {})), ...servers].map(withoutRepetition);
  const known = programs.map(({ server }) => server).filter((server) => server !== '');
  return [
    ...programs,
    ...records.secrets.map((record) => secretItem(record, known, seal)),
    ...records.tokens.map((record) => tokensItem(record, known, { seal, now })),
  ];
}

/** The other gateway could register two servers of one name. */
function withoutRepetition(item: ImportItem, index: number, all: readonly ImportItem[]): ImportItem {
  if (all.findIndex(({ server }) => server === item.server) === index) return item;
  return { ...item, request: undefined, note: 'there is another record of this name' };
}

/** Returns the number of sealed values, and how many of them the key opens. */
export function sealedValues({ secrets, tokens }: OriginalRecords, seal: OriginalSeal | undefined) {
  const values = [...secrets.map(({ value }) => value), ...tokens.map(({ accessToken }) => accessToken)];
  return { all: values.length, opened: values.filter((value) => seal?.open(value) !== undefined).length };
}

function serverItem(record: OriginalRecord, ofPackage: OriginalRecord | undefined): ImportItem {
  const server = textOf(record.name) ?? '';
  if (server === '') return { kind: 'server', server, note: 'it has no name' };
  const program = ofPackage && programOf(record, ofPackage);
  if (ofPackage && program) return packageItem(ofPackage, { ...program, ...chosen(record, SETTINGS, OF_PACKAGES) });
  const request = { path: '/mcp/servers', body: { name: server, ...chosen(record, SETTINGS) } };
  const note =
    ofPackage && `the package ${String(ofPackage.name)} is not installed, because the server does not run it`;
  return { kind: 'server', server, request, note };
}

/** Returns the arguments and variables of a server that runs its package; undefined if it runs something else. */
function programOf({ args, env, url }: OriginalRecord, { name, runtime }: OriginalRecord) {
  if (textOf(url) !== undefined) return undefined;
  if (runtime === 'python') return { env: without(env, PYTHON_VARIABLES) };
  const [program, ...others] = Array.isArray(args) ? (args as unknown[]) : [];
  const isOfPackage = typeof program === 'string' && program.includes(`node_modules/${String(name)}/`);
  return isOfPackage ? { args: others, env: without(env, []) } : undefined;
}

function packageItem(record: OriginalRecord, settings: Readonly<Record<string, unknown>>): ImportItem {
  const [name, server] = [textOf(record.name) ?? '', textOf(record.mcpServerId)];
  const version = textOf(record.version);
  const item = {
    kind: 'package',
    server: server ?? '',
    detail: version === undefined ? name : `${name}@${version}`,
  } as const;
  if (server === undefined) return { ...item, note: 'it has no server' };
  const body = { ...settings, ...chosen(record, [...PYTHON_SETTINGS, 'runtime']), name, version, serverName: server };
  return { ...item, request: { path: '/packages/install', body } };
}

function secretItem(record: OriginalRecord, servers: readonly string[], seal: OriginalSeal | undefined): ImportItem {
  const [key, username] = [textOf(record.key) ?? '', textOf(record.username) ?? 'default'];
  const server = servers.filter((name) => key.startsWith(`${name}.`)).sort((a, b) => b.length - a.length)[0];
  const detail = server === undefined ? key : key.slice(server.length + 1);
  const item = { kind: 'secret', server: server ?? '', username, detail } as const;
  if (key === GOOGLE_TOKENS) return { ...item, note: 'the user signs in anew, at /auth/google/login' };
  if (server === undefined) return { ...item, note: 'its name does not begin with that of a server' };
  const secretValue = seal?.open(record.value);
  if (secretValue === undefined) return { ...item, note: UNREADABLE };
  const body = { username, serverName: server, secretName: detail, secretValue };
  return { ...item, request: { path: '/secrets/set', body }, confidential: [secretValue] };
}

const UNREADABLE = 'the key does not open it, or it is damaged';

function tokensItem(
  record: OriginalRecord,
  servers: readonly string[],
  { seal, now }: { readonly seal: OriginalSeal | undefined; readonly now: number },
): ImportItem {
  const [server, username] = [textOf(record.serverName) ?? '', textOf(record.username) ?? 'default'];
  const item = { kind: 'tokens', server, username } as const;
  if (!servers.includes(server)) return { ...item, note: 'there is no server of this name' };
  const open = (value: unknown): string | undefined => (value ? seal?.open(value) : undefined);
  const [accessToken, refreshToken, clientSecret] = ['accessToken', 'refreshToken', 'clientSecret'].map((name) =>
    open(record[name]),
  );
  if (accessToken === undefined) return { ...item, note: UNREADABLE };
  const expiresIn = secondsUntil(record.expiresAt, now);
  if (expiresIn === 0 && refreshToken === undefined)
    return { ...item, note: 'they have expired: the user connects anew' };
  const body = {
    ...{ username, accessToken, refreshToken, clientSecret },
    ...{ clientId: textOf(record.clientId), expiresIn: expiresIn === 0 ? 1 : expiresIn },
    ...chosen(record, ['scopes']),
  };
  const confidential = [accessToken, refreshToken, clientSecret].filter((value) => value !== undefined);
  return { ...item, request: { path: `/mcp/servers/${encodeURIComponent(server)}/oauth`, body }, confidential };
}

/** Returns the seconds until a time; 0 if it is over, undefined if there is none. */
function secondsUntil(time: unknown, now: number): number | undefined {
  const at = time instanceof Date ? time.getTime() : typeof time === 'string' ? Date.parse(time) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.floor((at - now) / MS_PER_SECOND));
}

function chosen(record: OriginalRecord, names: readonly string[], except: readonly string[] = []): OriginalRecord {
  const wanted = names.filter((name) => !except.includes(name) && record[name] !== undefined && record[name] !== null);
  return Object.fromEntries(wanted.map((name) => [name, record[name]]));
}

const without = (env: unknown, names: readonly string[]): OriginalRecord =>
  Object.fromEntries(Object.entries(env ?? {}).filter(([name]) => !names.includes(name)));

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
