import type { CatalogServerDto, NeededArgumentDto, NeededSecretDto } from '../catalog.dto.js';

/** Fields of every bundled server. */
interface Entry {
  /** Name in the catalogue. It is also the server's name after the install. */
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
  /** Set if each user needs a separate process although the server takes no secrets: it keeps state in memory. */
  readonly perUser?: true;
}

interface RemoteEntry extends Entry {
  readonly url: string;
  /** Header values by header name, with the names of secrets in braces. */
  readonly secretHeaders?: Record<string, string>;
  readonly signIn?: 'oauth';
}

/** Returns the entry of a server from the npm registry. Such a server reads its secrets from environment variables. */
export function npmServer(entry: ProgramEntry): CatalogServerDto {
  const { name, title, args, env } = entry;
  const body = { name: entry.package, serverName: name, displayName: title, args, env, ...hosting(entry) };
  return { ...shown(entry), runtime: 'npm', package: entry.package, install: install('/packages/install', body) };
}

/** Returns the entry of a server from PyPI. @param entry.module module that `python -m` runs */
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

/** Returns the entry of a remote server. Such a server gets its secrets in headers. */
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

/** Returns the isolation settings. Secrets in the environment of a process belong to one user, so each user needs a separate process. */
function hosting({ secrets, perUser }: ProgramEntry): object | undefined {
  if (secrets) {
    return { isolation: 'user', secretsAs: 'environment', secretNames: secrets.map((secret) => secret.name) };
  }
  return perUser && { isolation: 'user' };
}

/** Builds the install request. Settings without a value are left out. */
function install(
  path: '/packages/install' | '/mcp/servers',
  settings: Record<string, unknown>,
): CatalogServerDto['install'] {
  const body = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { method: 'POST', path, body };
}
