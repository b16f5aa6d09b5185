import { createHash } from 'node:crypto';
import { invalidRequest, type FieldFault } from '@manifold/rest';
import { SECRET_NAME } from './secret-name.js';
import type { ServerSettings } from './server-settings.js';

/** A secret that each user must set before the server is of use. */
export interface AskedSecret {
  readonly name: string;
  /** The id of the input in the client's configuration file, if it was one. */
  readonly input?: string;
}

interface Asked<T> {
  readonly settings: T;
  readonly asked: readonly AskedSecret[];
  readonly warnings: readonly string[];
}

/** `${env:NAME}` and `${input:id}`, as configuration files of MCP clients write them. */
const REFERENCE = /\$\{(env|input):([^{}]*)\}/g;
/** Text that a header's template could not tell from the place of a secret. */
const PLACE = /\{[A-Za-z_][A-Za-z0-9_.-]{0,127}\}/;

/**
 * Turns references to variables and inputs of a client's machine into secrets that each user sets. The environment of the gateway is never
 * read: its variables belong to its operator, and the server could be anybody's.
 * @param name the server. References of its own export (`${input:<name>.headers.Authorization}`) stand for stored values and stay
 * @throws ProblemError 400 for references where a user's secret cannot be
 */
export function withUserSecrets<T extends ServerSettings>(
  settings: T,
  name: string,
  transportType: 'stdio' | 'streamable_http',
): Asked<T> {
  const isOwn = (id: string): boolean => /^(?:headers|env|args|url)(?:\.|$)/.test(ownPart(id, name));
  const found = (text: string): [kind: string, id: string][] =>
    [...text.matchAll(REFERENCE)]
      .map(([, kind, id]): [string, string] => [kind!, id!])
      .filter(([kind, id]) => kind === 'env' || !isOwn(id));
  refuseElsewhere(settings, transportType, found);
  const field = transportType === 'stdio' ? 'env' : 'headers';
  const entries = Object.entries(settings[field] ?? {});
  const referring = entries.filter(([, value]) => found(value).length > 0);
  if (referring.length === 0) return { settings, asked: [], warnings: [] };
  const fixed = Object.fromEntries(entries.filter(([, value]) => found(value).length === 0));
  return transportType === 'stdio'
    ? inEnvironment({ ...settings, env: fixed }, referring, found)
    : inHeaders({ ...settings, headers: fixed }, referring);
}

const ownPart = (id: string, name: string): string => (id.startsWith(`${name}.`) ? id.slice(name.length + 1) : '');

/** A user's secret is the whole value of a variable, which has its name. */
function inEnvironment<T extends ServerSettings>(
  settings: T,
  variables: readonly [string, string][],
  found: (text: string) => [kind: string, id: string][],
): Asked<T> {
  requireCarrier(settings, 'environment', 'env');
  const names = variables.map(([variable]) => variable);
  const warnings = variables
    .filter(([, value]) => !/^\$\{[^{}]*\}$/.test(value))
    .map(([variable, value]) => `the secret ${variable} is the whole value of the variable, as in ${quoted(value)}`);
  return {
    settings: { ...settings, ...secretsOf(settings, 'environment', names), isolation: settings.isolation ?? 'user' },
    asked: variables.map(([variable, value]) => askedBy(variable, found(value)[0]!)),
    warnings,
  };
}

function inHeaders<T extends ServerSettings>(settings: T, headers: readonly [string, string][]): Asked<T> {
  requireCarrier(settings, 'headers', 'headers');
  const asked = new Map<string, AskedSecret>();
  const templates = headers.map(([header, value]) => {
    if (PLACE.test(value.replace(REFERENCE, '')))
      throw invalidRequest([misplaced(`/headers/${header}`, `headers.${header} must not have other text in braces`)]);
    const template = value.replace(REFERENCE, (_, kind: string, id: string) => {
      const secret = askedBy(secretNameOf(id), [kind, id]);
      asked.set(secret.name, secret);
      return `{${secret.name}}`;
    });
    return [header, template] as const;
  });
  const secretHeaders = { ...settings.secretHeaders, ...Object.fromEntries(templates) };
  return {
    settings: { ...settings, ...secretsOf(settings, 'headers', [...asked.keys()]), secretHeaders },
    asked: [...asked.values()],
    warnings: [],
  };
}

const askedBy = (name: string, [kind, id]: [kind: string, id: string]): AskedSecret =>
  kind === 'input' ? { name, input: id } : { name };

const secretsOf = (
  { secretNames = [] }: ServerSettings,
  secretsAs: ServerSettings['secretsAs'],
  names: readonly string[],
) => ({ secretsAs, secretNames: [...new Set([...secretNames, ...names])] });

/** Returns the name of the secret for a variable or an input. Different ids have different names. */
function secretNameOf(id: string): string {
  if (SECRET_NAME.test(id)) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 8);
  const plain = id.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').slice(0, 100);
  return `${/^[A-Za-z_]/.test(plain) ? '' : '_'}${plain}_${digest}`;
}

function requireCarrier({ secretsAs }: ServerSettings, carrier: string, field: string): void {
  if (secretsAs === undefined || secretsAs === carrier) return;
  const detail = `${field} refers to users' secrets, which needs secretsAs to be "${carrier}"`;
  throw invalidRequest([misplaced('/secretsAs', detail)]);
}

/** @throws ProblemError 400 that names each setting that cannot contain a user's secret, and refers to one */
function refuseElsewhere(
  { command = '', args = [], cwd = '', url = '' }: ServerSettings,
  transportType: 'stdio' | 'streamable_http',
  found: (text: string) => [kind: string, id: string][],
): void {
  const program = [['command', command], ['cwd', cwd], ...args.map((arg, index) => [`args/${index}`, arg])];
  const texts = transportType === 'stdio' ? program : [['url', url]];
  const faults = texts.flatMap(([field, text]) => {
    const [first] = found(text!);
    if (!first) return [];
    const [kind, id] = first;
    const reference = quoted(`\${${kind}:${id}}`);
    const detail = `${field} refers to ${reference}, which cannot be a user's secret there: write its value instead`;
    return [misplaced(`/${field}`, detail)];
  });
  if (faults.length > 0) throw invalidRequest(faults);
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 200));

const misplaced = (pointer: string, detail: string): FieldFault => ({ pointer, code: 'does_not_fit', detail });
