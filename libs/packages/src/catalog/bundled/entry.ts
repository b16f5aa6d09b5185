import type { CatalogServerDto, NeededArgumentDto, NeededSecretDto } from '../catalog.dto.js';

/** What is said of every bundled server. */
interface Entry {
  /** In the catalogue, and of the server when it is installed. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly homepage: string;
  readonly secrets?: NeededSecretDto[];
  readonly fillIn?: NeededArgumentDto[];
  readonly note?: string;
}

interface ProgramEntry extends Entry {
  readonly package: string;
  readonly args?: string[];
  readonly env?: Record<string, string>;
  /** Its memory must not be shared by users, although it takes no secrets. */
  readonly perUser?: true;
}

interface RemoteEntry extends Entry {
  readonly url: string;
  /** Header → its value, with the names of secrets in braces. */
  readonly secretHeaders?: Record<string, string>;
  readonly signIn?: 'oauth';
}

/** A server from the npm registry. It reads its secrets from its environment. */
export function npmServer(entry: ProgramEntry): CatalogServerDto {
  const { name, title, args, env } = entry;
  const body = { name: entry.package, serverName: name, displayName: title, args, env, ...hosting(entry) };
  return { ...shown(entry), runtime: 'npm', package: entry.package, install: install('/packages/install', body) };
}

/** A server from PyPI. @param entry.module what is run with `python -m` */
export function pythonServer(entry: ProgramEntry & { readonly module: string }): CatalogServerDto {
  const { name, title, args, env } = entry;
  const body = {
    name: entry.package,
    serverName: name,
    displayName: title,
    runtime: 'python',
    pythonModule: entry.module,
    pythonArgs: args,
    env,
    ...hosting(entry),
  };
  return { ...shown(entry), runtime: 'python', package: entry.package, install: install('/packages/install', body) };
}

/** A server that somebody else runs. It gets its secrets in headers. */
export function remoteServer(entry: RemoteEntry): CatalogServerDto {
  const { name, title, url, signIn, secrets, secretHeaders } = entry;
  const secretNames = secrets?.map((secret) => secret.name);
  const inHeaders = secrets && { secretsAs: 'headers', secretNames, secretHeaders };
  const body = { name, displayName: title, transportType: 'streamable_http', url, ...inHeaders };
  const { needs, ...server } = shown(entry);
  return {
    ...server,
    needs: { ...needs, ...(signIn && { signIn }) },
    runtime: 'remote',
    url,
    install: install('/mcp/servers', body),
  };
}

const shown = ({ name, title, description, homepage, secrets = [], fillIn = [], note }: Entry) => ({
  source: 'bundled' as const,
  name,
  title,
  description,
  homepage,
  needs: { secrets, arguments: fillIn },
  ...(note !== undefined && { note }),
});

/** Secrets in the environment of a process belong to one user, so the process does, too. */
function hosting({ secrets, perUser }: ProgramEntry): object | undefined {
  if (secrets) {
    return { isolation: 'user', secretsAs: 'environment', secretNames: secrets.map((secret) => secret.name) };
  }
  return perUser && { isolation: 'user' };
}

/** Settings that are not given are left out. */
function install(
  path: '/packages/install' | '/mcp/servers',
  settings: Record<string, unknown>,
): CatalogServerDto['install'] {
  const body = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { method: 'POST', path, body };
}
