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

type Wording = (error: NpmError, code: string) => Fault | undefined;

const NO_NETWORK =
  /^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|EPROTO|E[A-Z]*TIMEDOUT|E[A-Z]*TIMEOUT|ERR_SOCKET|ERR_SSL|ERR_TLS|ERR_STREAM|SELF_SIGNED|UNABLE_TO|CERT_|HPE_)/;
const SOURCES: Readonly<Record<string, string>> = {
  EALLOWGIT: 'a git repository',
  EALLOWREMOTE: 'a URL outside of the registry',
  EALLOWFILE: 'a file',
  EALLOWDIRECTORY: 'a folder',
};

/** The first that has words for an error decides. */
const WORDINGS: readonly Wording[] = [
  ({ event, pkgid, code }) =>
    event === undefined
      ? undefined
      : fault('scripts_failed', `The script "${event}" of ${pkgid} failed with exit code ${code}`),
  (error, code) => {
    if (SOURCES[code] === undefined) return undefined;
    return fault(
      'refused_dependency',
      `The dependency "${nameOf(error.package)}" points to ${SOURCES[code]}: only packages of the registry are installed`,
    );
  },
  ({ uri, statusCode }) =>
    statusCode === 404 ? fault('package_not_found', `The registry has no ${lastPart(uri)}`) : undefined,
  ({ uri, statusCode }) =>
    statusCode === undefined
      ? undefined
      : fault('registry_unreachable', `The registry answered ${statusCode} for ${lastPart(uri)}`),
  ({ message }, code) =>
    /^(?:ETARGET|ENOVERSIONS)$/.test(code) ? fault('version_not_found', `${message}`) : undefined,
  ({ package: wanted, pkgid }, code) =>
    code === 'EINTEGRITY'
      ? fault('integrity_mismatch', `A tarball of the registry is not what it should be${of(wanted ?? pkgid)}`)
      : undefined,
  ({ pkgid }, code) =>
    code === 'EBADPLATFORM'
      ? fault('unsupported_engine', `${pkgid} does not run on ${process.platform} ${process.arch}`)
      : undefined,
  (_, code) =>
    /^(?:ENOSPC|EDQUOT|EFBIG)$/.test(code)
      ? fault('no_space', `There is no space left for the package (${code})`)
      : undefined,
  ({ name }, code) =>
    name === 'FetchError' || NO_NETWORK.test(code)
      ? fault('registry_unreachable', `The registry cannot be reached, or its answer broke off (${code})`)
      : undefined,
  ({ path }, code) =>
    path === undefined ? undefined : fault('install_failed', `${path} cannot be read or written (${code})`),
];

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
const nameOf = (spec = ''): string => spec.slice(0, spec.indexOf('@', 1));

const of = (spec: string | undefined): string => (spec === undefined ? '' : `: ${spec}`);

/** The package, or the file, that a request was for. */
const lastPart = (uri = ''): string => decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));
