import { InstallError, type InstallFault } from '../model/install-error.js';
import { REFUSED_PROGRAM } from './python-programs.js';
import { normalizedName } from './site-packages.js';

/** Output of a failed run of pip or venv, without addresses and credentials. */
export interface PipOutput {
  readonly program: 'pip' | 'venv';
  /** Exit code, or what ended it. */
  readonly exit: number | string;
  /** Printed lines. */
  readonly lines: readonly string[];
  /** Lines of pip's log with the reasons why it skipped pages or files of the index. */
  readonly reasons: readonly string[];
  /** Version of the Python that ran it. */
  readonly python: string;
}

const NO_WHEEL_HINT = 'Building from source runs code of the package while it is installed; "allowScripts" allows it';

/** The error of the launcher's programs for an interpreter that only the gateway's user can reach. */
const CLOSED_PYTHON = /^(?:prlimit: failed to execute|bwrap:).*Permission denied/;
const CLOSED_PYTHON_HINT = 'Set PYTHON_BIN to one outside of closed folders such as the home of root';

const BROKEN_OFF = 'The package index interrupted or refused a download';

/** Patterns of output lines. pip reports these errors only as text, not by exit code. The first matching pattern counts. */
const SIGNS: readonly (readonly [sign: RegExp, code: InstallFault, message: string])[] = [
  [/No space left on device|Errno 28\b|Disk quota exceeded/, 'no_space', 'There is no space left on the disk'],
  [new RegExp(REFUSED_PROGRAM), 'no_wheel', `A dependency is available only as source. ${NO_WHEEL_HINT}`],
  [CLOSED_PYTHON, 'python_not_found', `The user that runs installs may not run this Python. ${CLOSED_PYTHON_HINT}`],
  [/DO NOT MATCH THE HASHES/, 'integrity_mismatch', 'A downloaded file does not match the hash in the package index'],
  [/HTTP error (401|403|407|429|5\d\d)|ConnectionPool|SSLError/, 'registry_unreachable', BROKEN_OFF],
  [/Connection (broken|aborted|reset)|IncompleteRead|timed out/i, 'registry_unreachable', BROKEN_OFF],
  [/^\s*error: (incomplete-download|connection-|ssl-|proxy-)/, 'registry_unreachable', BROKEN_OFF],
];

/** Returns the error for a failed run. */
export function pipFault(said: PipOutput): InstallError {
  const missing = firstMatch(said.lines, /^ERROR: No matching distribution found for (.+?)(?: \(from .*\))?$/);
  const sign = SIGNS.find(([pattern]) => said.lines.some((line) => pattern.test(line)));
  if (missing !== undefined && sign?.[1] !== 'no_space') return missingFault(missing, said);
  if (sign) return new InstallError(sign[1], sign[2]);
  if (typeof said.exit === 'string')
    return new InstallError('install_failed', `${said.program} was ended by ${said.exit}`);
  return new InstallError('install_failed', `${said.program} failed: ${complaint(said.lines)}`);
}

/**
 * Returns the error for a missing package. pip prints the same message if the package does not exist and if the index does not answer. Its
 * log has the difference.
 */
function missingFault(requirement: string, said: PipOutput): InstallError {
  const project = normalizedName(/^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? requirement);
  const silence = pageFailure(project, said.reasons);
  if (silence !== undefined) {
    return new InstallError(
      'registry_unreachable',
      `The package index gave no information about "${project}": ${silence}`,
    );
  }
  const versions = firstMatch(said.lines, /\(from versions: (.*)\)$/) ?? 'none';
  const refused = said.reasons.filter((reason) => isAbout(project, requirement, versions, reason));
  const python = firstMatch(refused, /Requires-Python ([^:]+):/);
  if (python !== undefined) {
    const hint = `this is Python ${said.python}; set PYTHON_BIN to another`;
    return new InstallError('python_too_old', `"${requirement}" needs Python ${python.trim()}, and ${hint}`);
  }
  if (refused.some((reason) => reason.includes('No sources permitted'))) {
    return new InstallError('no_wheel', `"${requirement}" is available only as source. ${NO_WHEEL_HINT}`);
  }
  if (refused.length > 0) {
    const here = `this platform and Python ${said.python}`;
    return new InstallError('no_wheel', `"${requirement}" has no wheel for ${here}`);
  }
  if (versions === 'none') {
    return new InstallError('package_not_found', `The package index has no "${project}"`);
  }
  const known = versions.split(', ').slice(-10).join(', ');
  return new InstallError('version_not_found', `The package index has no "${requirement}"; it has ${known}`);
}

/** Returns why a project's page could not be read; undefined if it could be read or if the index answered 404. */
function pageFailure(project: string, reasons: readonly string[]): string | undefined {
  const page = `/${project}/: `;
  const failures = reasons.filter((line) => line.startsWith('Could not fetch URL') && line.includes(page));
  const real = failures.find((line) => !/ 404 Client Error/.test(line));
  if (real === undefined) return undefined;
  const status = /\b(\d{3}) (?:Client|Server) Error|too many (\d{3}) error/.exec(real);
  if (status) return `HTTP ${status[1] ?? status[2]}`;
  return /timed? ?out/i.test(real) ? 'no answer in time' : 'no connection';
}

/**
 * Returns whether a skipped file belongs to the requirement. If an exact version is required, the file must have that version. Otherwise
 * any file of the project counts, but only if pip found no usable version.
 */
function isAbout(project: string, requirement: string, versions: string, reason: string): boolean {
  const file = /Skipping link: .*\/([^/\s]+) \(from /.exec(reason)?.[1].replace(/#.*$|\.(zip|tgz|tar\.\w+)$/, '');
  if (file === undefined || !reason.includes(`/${project}/)`)) return false;
  const [, exact] = /==([^,*]+)$/.exec(requirement) ?? [];
  return exact === undefined ? versions === 'none' : `${file}-`.includes(`-${exact}-`);
}

/** Returns the first error message of the output. It names the cause; later messages describe the consequences. */
function complaint(lines: readonly string[]): string {
  const patterns = [/^ERROR: (.+)/, /^\s*× (.+)/, /^\s*(?:fatal )?error: (.+)/i];
  const error = patterns.map((pattern) => firstMatch(lines, pattern)).find((found) => found !== undefined);
  const text = error ?? lines.findLast((line) => !/^(WARNING|\[?notice|hint)/i.test(line)) ?? 'it did not say why';
  return text.slice(0, 300);
}

function firstMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const [, found] = pattern.exec(line) ?? [];
    if (found !== undefined) return found;
  }
  return undefined;
}
