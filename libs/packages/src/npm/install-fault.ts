import { InstallError, type InstallFault } from '../install-error.js';

/** What errors of npm, of Node and of the operating system carry. */
interface NpmError {
  readonly name?: string;
  readonly message?: string;
  /** A name; of a script, its exit code. */
  readonly code?: string | number | null;
  /** HTTP. */
  readonly uri?: string;
  readonly statusCode?: number;
  /** `name@version`, of what was asked for, what cannot be installed, or whose script failed. */
  readonly package?: string;
  readonly pkgid?: string;
  /** The script that failed. */
  readonly event?: string;
  /** The file that could not be read or written. */
  readonly path?: string;
}

export interface Fault {
  readonly code: InstallFault;
  readonly message: string;
}

/** What takes an error for its own says the fault. */
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
  return fault('registry_unreachable', `The registry answered ${statusCode} for ${lastPart(uri)}`);
};

const packages: Wording = ({ message, pkgid }, code) => {
  if (code === 'ETARGET' || code === 'ENOVERSIONS') return fault('version_not_found', String(message));
  if (code === 'EINTEGRITY') return fault('integrity_mismatch', 'A tarball is not what the registry promises');
  if (code !== 'EBADPLATFORM') return false;
  return fault('unsupported_engine', `${pkgid} does not run on ${process.platform} ${process.arch}`);
};

/** Before the network: a fault of the cache comes as one of the request that would have filled it. */
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
  fault('registry_unreachable', `The registry cannot be reached, or its answer broke off (${code})`);

const WORDINGS: readonly Wording[] = [scripts, dependencies, answers, packages, files, network];

/** An error of npm in our words. */
export function faultOf(error: unknown): Fault {
  if (error instanceof InstallError) return fault(error.code, error.message);
  const npmError = error as NpmError;
  const code = String(npmError.code ?? npmError.name);
  for (const wording of WORDINGS) {
    const found = wording(npmError, code);
    if (found) return found;
  }
  return fault('install_failed', `npm gave up (${code}): ${npmError.message}`);
}

const fault = (code: InstallFault, message: string): Fault => ({ code, message });

/** Without its version, which may be a URL with credentials. */
const nameOf = (spec = ''): string => spec.replace(/(?<!^)@.*/s, '');

/** The package, or the file, that a request was for. */
const lastPart = (uri = ''): string => uri.slice(uri.lastIndexOf('/') + 1).replace(/%2f/i, '/');
