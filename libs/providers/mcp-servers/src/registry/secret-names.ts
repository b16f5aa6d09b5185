import { SECRET_NAME } from '@manifold/server-model';
import { secretsIn, type ServerRecord } from '@manifold/mcp-hosting';

/** Removes the name of the server from `<server>.<secret>`, which is how clients of other gateways write the name of a secret. */
export function withoutServer(server: string, name: string): string {
  const own = name.startsWith(`${server}.`) ? name.slice(server.length + 1) : name;
  return SECRET_NAME.test(own) ? own : name;
}

/** Returns the name under which a server gets a secret. A name that the server's settings have is never shortened. */
export const receivedName = (record: ServerRecord, name: string): string =>
  namesOf(record)?.includes(name) ? name : withoutServer(record.name, name);

/** Returns a warning if the server will not get a secret of this name. */
export function warningAbout(record: ServerRecord, name: string): string | undefined {
  const names = namesOf(record);
  if (!names || names.includes(name)) return undefined;
  const received = names.length === 0 ? 'it gets no secrets' : `it gets ${names.join(', ')}`;
  return `Server ${record.name} will not get the secret ${name}: ${received}`;
}

/** Returns the names of the secrets that a server gets; undefined if it gets all. */
function namesOf({ secretsAs, secretNames, secretHeaders = {} }: ServerRecord): readonly string[] | undefined {
  if (secretsAs !== 'headers') return secretNames;
  return [...new Set(Object.values(secretHeaders).flatMap(secretsIn))];
}
