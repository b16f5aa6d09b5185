import semver from 'semver';
import { packageName } from '../npm/index.js';
import { PackageNotAllowedError } from '../model/package-grammar.js';
import { pythonName, pythonVersion } from '../python/index.js';
import type { CatalogServerDto } from './catalog.dto.js';
import { InputReader } from './input-reader.js';
import type { RegistryPackage, RegistryRemote, RegistryServer } from './registry.schema.js';

/** Names of the server after the install. */
interface Names {
  readonly serverName: string;
  readonly displayName: string;
}

type Installable = Pick<CatalogServerDto, 'runtime' | 'package' | 'url' | 'needs' | 'note' | 'install'>;

/**
 * Registries that packages may come from. In another registry, the same name may belong to another publisher (dependency confusion).
 */
const NPM = { type: 'npm', base: 'https://registry.npmjs.org', parseName: packageName };
const PYPI = { type: 'pypi', base: 'https://pypi.org', parseName: pythonName };

/** Returns the first way in which the gateway can run the server: npm, PyPI, remote. */
export function installOf(server: RegistryServer, names: Names): Installable {
  const npm = server.packages?.find((candidate) => isFrom(NPM, candidate));
  if (npm) return npmInstall(npm, names);
  const pypi = server.packages?.find((candidate) => isFrom(PYPI, candidate));
  if (pypi) return pythonInstall(pypi, names);
  const remote =
    server.remotes?.find(({ type }) => type === 'streamable-http') ??
    server.remotes?.find(({ type }) => type === 'sse');
  return remote ? remoteInstall(remote, names) : { runtime: 'other', needs: { secrets: [], arguments: [] } };
}

function isFrom({ type, base, parseName }: typeof NPM, candidate: RegistryPackage): boolean {
  const { registryType, registryBaseUrl = base, identifier, transport } = candidate;
  return (
    registryType === type &&
    registryBaseUrl.replace(/\/+$/, '') === base &&
    transport.type === 'stdio' &&
    isAllowed(() => parseName(identifier))
  );
}

function npmInstall(candidate: RegistryPackage, { serverName, displayName }: Names): Installable {
  const { identifier, version } = candidate;
  const input = new InputReader();
  const program = input.program(candidate);
  const shown: Installable = { runtime: 'npm', package: identifier, needs: input.needs };
  if (!program || (version !== undefined && semver.valid(version) === null)) return shown;
  const { args, ...rest } = program;
  const body = { name: identifier, version, serverName, displayName, args, ...rest };
  return { ...shown, install: { method: 'POST', path: '/packages/install', body: withoutGaps(body) } };
}

function pythonInstall(candidate: RegistryPackage, { serverName, displayName }: Names): Installable {
  const { identifier, version } = candidate;
  const input = new InputReader();
  const program = input.program(candidate);
  const shown: Installable = { runtime: 'python', package: identifier, needs: input.needs };
  if (!program || (version !== undefined && !isExactPythonVersion(version))) return shown;
  const pythonModule = identifier.toLowerCase().replaceAll(/[-.]+/g, '_');
  if (!/^[a-z_]/.test(pythonModule)) return shown;
  const { args: pythonArgs, ...rest } = program;
  const body = {
    name: identifier,
    version,
    serverName,
    displayName,
    runtime: 'python',
    pythonModule,
    pythonArgs,
    ...rest,
  };
  return {
    ...shown,
    note: 'The registry does not say which module to run: pythonModule is the name of the package.',
    install: { method: 'POST', path: '/packages/install', body: withoutGaps(body) },
  };
}

function remoteInstall(remote: RegistryRemote, { serverName, displayName }: Names): Installable {
  const input = new InputReader();
  const endpoint = input.endpoint(remote);
  const shown: Installable = { runtime: 'remote', url: remote.url, needs: input.needs };
  if (!endpoint) return shown;
  const body = { name: serverName, displayName, transportType: 'streamable_http', ...endpoint };
  return { ...shown, install: { method: 'POST', path: '/mcp/servers', body: withoutGaps(body) } };
}

const withoutGaps = (body: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));

const isExactPythonVersion = (version: string): boolean =>
  isAllowed(() => pythonVersion(version)) && /^==[^*]+$/.test(pythonVersion(version));

function isAllowed(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof PackageNotAllowedError) return false;
    throw error;
  }
}
