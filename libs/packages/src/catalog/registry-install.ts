import { withoutSlashes } from '@manifold/async';
import semver from 'semver';
import { packageName } from '../npm/index.js';
import { PackageNotAllowedError } from '../model/package-grammar.js';
import { pythonName, pythonVersion } from '../python/index.js';
import type { CatalogServerDto } from './catalog.dto.js';
import { InputReader } from './input-reader.js';
import { REGISTRIES, reasonNotToInstall } from './not-installable.js';
import type { RegistryPackage, RegistryRemote, RegistryServer } from './registry.schema.js';

/** Names of the server after the install. */
interface Names {
  readonly serverName: string;
  readonly displayName: string;
}

type Installable = Pick<CatalogServerDto, 'runtime' | 'package' | 'url' | 'needs' | 'reason' | 'install'>;

/**
 * Registries that packages may come from. In another registry, the same name may belong to another publisher (dependency confusion).
 */
const NPM = { type: 'npm', base: REGISTRIES.npm!, parseName: packageName };
const PYPI = { type: 'pypi', base: REGISTRIES.pypi!, parseName: pythonName };

const INEXACT = 'It cannot be installed: the registry names no exact version';
const UNFIT =
  'It cannot be installed: it wants a secret on its command line, where all programs could read it, or a variable whose name is not valid';
const UNFIT_ENDPOINT = 'It cannot be registered: its URL or its headers are not valid, or the URL holds a secret';

/** Returns the first way in which the gateway can run the server: npm, PyPI, remote. */
export function installOf(server: RegistryServer, names: Names): Installable {
  const npm = server.packages?.find((candidate) => isFrom(NPM, candidate));
  if (npm) return npmInstall(npm, names);
  const pypi = server.packages?.find((candidate) => isFrom(PYPI, candidate));
  if (pypi) return pythonInstall(pypi, names);
  const remote =
    server.remotes?.find(({ type }) => type === 'streamable-http') ??
    server.remotes?.find(({ type }) => type === 'sse');
  if (remote) return remoteInstall(remote, names);
  return { runtime: 'other', needs: { secrets: [], arguments: [] }, reason: reasonNotToInstall(server) };
}

function isFrom({ type, base, parseName }: typeof NPM, candidate: RegistryPackage): boolean {
  const { registryType, registryBaseUrl = base, identifier, transport } = candidate;
  return (
    registryType === type &&
    withoutSlashes(registryBaseUrl) === base &&
    transport.type === 'stdio' &&
    isAllowed(() => parseName(identifier))
  );
}

function npmInstall(candidate: RegistryPackage, { serverName, displayName }: Names): Installable {
  const { identifier, version } = candidate;
  const input = new InputReader();
  const program = input.program(candidate);
  const shown: Installable = { runtime: 'npm', package: identifier, needs: input.needs };
  if (!program) return { ...shown, reason: UNFIT };
  if (version !== undefined && semver.valid(version) === null) return { ...shown, reason: INEXACT };
  const { args, ...rest } = program;
  const body = { name: identifier, version, serverName, displayName, args, ...rest };
  return { ...shown, install: { method: 'POST', path: '/packages/install', body: withoutGaps(body) } };
}

function pythonInstall(candidate: RegistryPackage, { serverName, displayName }: Names): Installable {
  const { identifier, version } = candidate;
  const input = new InputReader();
  const program = input.program(candidate);
  const shown: Installable = { runtime: 'python', package: identifier, needs: input.needs };
  if (!program) return { ...shown, reason: UNFIT };
  if (version !== undefined && !isExactPythonVersion(version)) return { ...shown, reason: INEXACT };
  const { args: pythonArgs, ...rest } = program;
  const body = {
    name: identifier,
    version,
    serverName,
    displayName,
    runtime: 'python',
    pythonArgs,
    ...rest,
  };
  return {
    ...shown,
    install: { method: 'POST', path: '/packages/install', body: withoutGaps(body) },
  };
}

function remoteInstall(remote: RegistryRemote, { serverName, displayName }: Names): Installable {
  const input = new InputReader();
  const endpoint = input.endpoint(remote);
  const shown: Installable = { runtime: 'remote', url: remote.url, needs: input.needs };
  if (!endpoint) return { ...shown, reason: UNFIT_ENDPOINT };
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
