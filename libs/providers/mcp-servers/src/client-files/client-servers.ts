import { isObject, shortName } from '@manifold/async';
import { DtoValidationPipe, ProblemError, warned, warningsFor } from '@manifold/rest';
import { understoodSettings, type AskedSecret, type ServerSettings } from '@manifold/server-model';
import { RegisterServerDto } from '../registry/servers.dto.js';
import type { ClientEntry, ClientFile } from './client-file.js';
import { clientSettings, withBracedVariables } from './client-settings.js';
import { serverNames } from './client-names.js';

/** A secret that each user must set for an imported server. */
export interface NeededSecret {
  readonly name: string;
  /** Its description in the client's file. */
  readonly description?: string;
}

/** A server of a client's file as this gateway would register it. */
export interface ClientServer {
  readonly name: string;
  readonly pointer: string;
  /** Undefined if the entry cannot be a server; `error` says why. */
  readonly settings?: ServerSettings;
  readonly error?: string;
  /** The name in the file, if the server has another one. */
  readonly givenName?: string;
  readonly secrets?: readonly NeededSecret[];
  readonly warnings?: readonly string[];
}

const pipe = new DtoValidationPipe();

/** Returns the servers of a client's file, in their order. An entry that cannot be a server does not affect the others. */
export async function clientServers({ entries, inputs }: ClientFile): Promise<ClientServer[]> {
  const names = serverNames(entries.map(({ givenName }) => givenName));
  const servers: ClientServer[] = [];
  for (const [index, entry] of entries.entries()) servers.push(await clientServer(names[index]!, entry, inputs));
  return servers;
}

async function clientServer(
  name: string,
  { givenName, pointer, entry }: ClientEntry,
  inputs: ClientFile['inputs'],
): Promise<ClientServer> {
  const about = { name, pointer, ...(givenName !== name && { givenName: shortName(givenName) }) };
  if (!isObject(entry)) return { ...about, error: 'The entry must be an object' };
  try {
    const renamed =
      about.givenName === undefined || about.givenName === '' ? {} : { displayName: givenName.slice(0, 128) };
    const body = { ...renamed, ...clientSettings(withBracedVariables(entry), name), name };
    const dto = (await pipe.transform(body, { type: 'body', metatype: RegisterServerDto })) as RegisterServerDto;
    const given = { ...dto, name: undefined, sessionId: undefined };
    const { settings, asked, warnings } = understoodSettings(given, name);
    const secrets = asked.map((secret) => neededSecret(secret, inputs));
    return { ...about, settings, ...(secrets.length > 0 && { secrets }), ...warningsFor(dto, warnings) };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { ...about, error: error.message };
  }
}

function neededSecret({ name, input }: AskedSecret, inputs: ClientFile['inputs']): NeededSecret {
  const description = input === undefined ? undefined : inputs.get(input);
  return description === undefined ? { name } : { name, description };
}

/** Returns the warnings about members of a file that are not servers, as members of the answer. */
export const warningsAboutFile = ({ ignored }: ClientFile): { warnings?: string[] } =>
  warned(ignored.map((member) => `"${shortName(member)}" is not about servers and was ignored`));
