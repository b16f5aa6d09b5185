import { invalidRequest } from '@manifold/rest';
import { transportOfType, type GivenServerDto } from './given-server.dto.js';
import { withUserSecrets, type AskedSecret } from './secret-references.js';
import type { ServerSettings } from './server-settings.js';
import { withReferences } from './variable-references.js';

/** Members that only clients write. They become settings. */
type Words = Pick<GivenServerDto, 'type' | 'serverUrl' | 'disabled' | 'authMode' | 'secretName'>;
type Given = Words & ServerSettings;

/** The settings that a client has written, and what it should know about them. */
export interface UnderstoodSettings<T extends Given = Given> {
  readonly settings: Omit<T, keyof Words>;
  /** The secrets that each user must set, because the settings refer to them. */
  readonly asked: readonly AskedSecret[];
  readonly warnings: readonly string[];
}

/**
 * Converts settings in the words of other gateways and of MCP clients.
 * @param name the server
 * @param before the transport of the server that is changed; undefined for a new server, whose transport follows from its settings
 * @throws ProblemError 400 if settings contradict each other, or refer to secrets where users cannot have one
 */
export function understoodSettings<T extends Given>(
  given: T,
  name: string,
  before?: 'stdio' | 'streamable_http',
): UnderstoodSettings<T> {
  const { type, serverUrl, disabled, secretName, ...others } = given;
  const settings = inPlainWords({ ...others, url: others.url ?? serverUrl }, name);
  if (type !== undefined && settings.transportType !== undefined && transportOfType(type) !== settings.transportType)
    throw fault('type', `type "${type}" contradicts transportType "${settings.transportType}"`);
  if (disabled !== undefined && settings.enabled === disabled)
    throw fault('disabled', 'disabled and enabled contradict each other');
  const isRemote = settings.url !== undefined && settings.command === undefined;
  const inferred = before === undefined && isRemote ? 'streamable_http' : undefined;
  const transportType = settings.transportType ?? (type === undefined ? inferred : transportOfType(type));
  const enabled = settings.enabled ?? (disabled === undefined ? undefined : !disabled);
  const secretNames = settings.secretNames ?? (secretName === undefined ? undefined : [secretName]);
  const all = { ...settings, authMode: undefined, transportType, enabled, secretNames };
  return withUserSecrets(defined(all) as Omit<T, keyof Words>, name, transportType ?? before ?? 'stdio');
}

/** Returns what an operator should know about settings that were not stored as they were written. */
export const warningsAbout = ({ asked, warnings }: Pick<UnderstoodSettings, 'asked' | 'warnings'>): string[] => [
  ...(asked.length > 0
    ? [`each user must set these secrets with POST /secrets/set: ${asked.map(({ name }) => name).join(', ')}`]
    : []),
  ...warnings,
];

/**
 * Writes references to variables in `env` and `headers` as `${env:NAME}`. In other settings `${NAME}` stays: a program can be a shell that
 * expands it.
 */
function inPlainWords<T extends ServerSettings>(settings: T, name: string): T {
  const plain = (values: Readonly<Record<string, string>> | undefined) =>
    values && mapValues(values, (value) => withReferences(value, name));
  return { ...settings, env: plain(settings.env), headers: plain(settings.headers) };
}

const mapValues = (values: Readonly<Record<string, string>>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));

/** Leaves undefined members out. */
const defined = (settings: object): object =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

const fault = (field: string, detail: string) =>
  invalidRequest([{ pointer: `/${field}`, code: 'does_not_fit', detail }]);
