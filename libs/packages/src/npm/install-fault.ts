import { InstallError, type InstallFault } from '../model/install-error.js';

/** Fields of errors of npm, Node and the operating system. */
interface NpmError {
  readonly name?: string;
  readonly message?: string;
  /** Name of the error; for a failed script, its exit code. */
  readonly code?: string | number | null;
  /** URL of the HTTP request that failed. */
  readonly uri?: string;
  readonly statusCode?: number;
  /** `name@version` of the requested package, of the package that cannot be installed, or of the package whose script failed. */
  readonly package?: string;
  readonly pkgid?: string;
  /** Name of the script that failed. */
  readonly event?: string;
  /** Path of the file that could not be read or written. */
  readonly path?: string;
}

export interface Fault {
  readonly code: InstallFault;
  readonly message: string;
}

/** Converts an error to a fault; returns false if the error is of another kind. */
type Wording = (error: NpmError, code: string) => Fault | false;

const SOURCES: Readonly<Record<string, string>> = {
  EALLOWGIT: 'a git repository',
  EALLOWREMOTE: 'a URL outside of the registry',
  EALLOWFILE: 'a file',
  EALLOWDIRECTORY: 'a folder',
};
const FILES = /^(?:EACCES|EPERM|EROFS|ENOTDIR|EISDIR|EEXIST|ENOTEMPTY|ELOOP|ENAMETOOLONG|EMFILE|ENFILE|EIO)$/;
const NETWORK =
  /^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|EPROTO|E[A-Z]*TIMEDOUT|E[A-Z]*TIMEOUT|ERR_SOCKET|ERR_SSL|ERR_TLS|ERR_STREAM|SELF_SIGNED|UNABLE_TO|CERT_|HPE_)/;

const scripts: Wording = ({ event, pkgid, code }) =>
  event !== undefined && fault('scripts_failed', `The script "${event}" of ${pkgid} failed with exit code ${code}`);

const dependencies: Wording = (error, code) => {
  if (code === 'EINVALIDLOCATION') {
    return fault('refused_dependency', 'The lock file of a package points to a folder outside of it');
  }
  const source = SOURCES[code];
  const words = `The dependency "${nameOf(error.package)}" points to ${source}: only packages of the registry are installed`;
  return source !== undefined && fault('refused_dependency', words);
};

const answers: Wording = ({ uri, statusCode }) => {
  if (statusCode === undefined) return false;
  if (statusCode === 404) return fault('package_not_found', `The registry has no ${lastPart(uri)}`);
  const hint =
    statusCode === 401 || statusCode === 403
      ? ': NPM_TOKEN with NPM_REGISTRY, or the configuration of npm, may have to say who asks'
      : '';
  return fault('registry_unreachable', `The registry answered ${statusCode} for ${lastPart(uri)}${hint}`);
};

const packages: Wording = ({ message, pkgid }, code) => {
  if (code === 'ETARGET' || code === 'ENOVERSIONS') return fault('version_not_found', String(message));
  if (code === 'EINTEGRITY')
    return fault('integrity_mismatch', 'A tarball does not match the integrity that the registry gives');
  if (code !== 'EBADPLATFORM') return false;
  return fault('unsupported_engine', `${pkgid} does not run on ${process.platform} ${process.arch}`);
};

/** Faults of the file system. Checked before `network`, because npm reports an error of its cache as an error of the request. */
const files: Wording = ({ path }, code) => {
  if (/^(?:ENOSPC|EDQUOT|EFBIG)$/.test(code)) {
    return fault('no_space', `There is no space left for the package (${code})`);
  }
  return (
    FILES.test(code) &&
    fault('install_failed', `${path ?? "A file of npm's cache"} cannot be read or written (${code})`)
  );
};

const network: Wording = ({ name }, code) =>
  (name === 'FetchError' || NETWORK.test(code)) &&
  fault('registry_unreachable', `The registry cannot be reached, or its answer was interrupted (${code})`);

const WORDINGS: readonly Wording[] = [scripts, dependencies, answers, packages, files, network];

/** Converts an error of npm to a fault. */
export function faultOf(error: unknown): Fault {
  if (error instanceof InstallError) return fault(error.code, error.message);
  const npmError = error as NpmError;
  const code = String(npmError.code ?? npmError.name);
  for (const wording of WORDINGS) {
    const found = wording(npmError, code);
    if (found) return found;
  }
  return fault('install_failed', `npm failed (${code}): ${npmError.message}`);
}

const fault = (code: InstallFault, message: string): Fault => ({ code, message });

/** Returns the name of a package without its version, which may be a URL with credentials. */
const nameOf = (spec = ''): string => spec.replace(/(?<!^)@.*/s, '');

/** Returns the package or file that was requested. */
const lastPart = (uri = ''): string => uri.slice(uri.lastIndexOf('/') + 1).replace(/%2f/i, '/');
