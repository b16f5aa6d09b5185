import { InstallError, type InstallFault } from '../install-error.js';
import { REFUSED_PROGRAM } from './python-programs.js';
import { normalizedName } from './site-packages.js';

/** What pip or venv said before it gave up, without addresses and credentials. */
export interface PipOutput {
  readonly program: 'pip' | 'venv';
  readonly exit: number | NodeJS.Signals;
  /** What it printed. */
  readonly lines: readonly string[];
  /** From its log: why pages of the index and files on them were passed over. */
  readonly reasons: readonly string[];
  /** The version of Python that it ran with. */
  readonly python: string;
}

const NO_WHEEL_HINT = 'Building from source runs code of the package while it is installed; "allowScripts" allows it';

const BROKEN_OFF = 'The package index broke off or refused a download';

/** What pip does not say with an exit code, only with words. The first that fits counts. */
const SIGNS: readonly (readonly [sign: RegExp, code: InstallFault, message: string])[] = [
  [/No space left on device|Errno 28\b|Disk quota exceeded/, 'no_space', 'There is no space left on the disk'],
  [new RegExp(REFUSED_PROGRAM), 'no_wheel', `A dependency is there as source only. ${NO_WHEEL_HINT}`],
  [
    /DO NOT MATCH THE HASHES/,
    'integrity_mismatch',
    'A downloaded file is not the one that the package index describes',
  ],
  [/HTTP error (401|403|407|429|5\d\d)|ConnectionPool|SSLError/, 'registry_unreachable', BROKEN_OFF],
  [/Connection (broken|aborted|reset)|IncompleteRead|timed out/i, 'registry_unreachable', BROKEN_OFF],
  [/^\s*error: (incomplete-download|connection-|ssl-|proxy-)/, 'registry_unreachable', BROKEN_OFF],
];

/** Why it failed. */
export function pipFault(said: PipOutput): InstallError {
  const missing = firstMatch(said.lines, /^ERROR: No matching distribution found for (.+?)(?: \(from .*\))?$/);
  const sign = SIGNS.find(([pattern]) => said.lines.some((line) => pattern.test(line)));
  if (missing !== undefined && sign?.[1] !== 'no_space') return missingFault(missing, said);
  if (sign) return new InstallError(sign[1], sign[2]);
  if (typeof said.exit === 'string')
    return new InstallError('install_failed', `${said.program} was ended by ${said.exit}`);
  return new InstallError('install_failed', `${said.program} failed: ${complaint(said.lines)}`);
}

/** pip says the same for a package that is nowhere and for an index that does not answer; its log tells them apart. */
function missingFault(requirement: string, said: PipOutput): InstallError {
  const project = normalizedName(/^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? requirement);
  const silence = pageFailure(project, said.reasons);
  if (silence !== undefined) {
    return new InstallError('registry_unreachable', `The package index did not tell about "${project}": ${silence}`);
  }
  const versions = firstMatch(said.lines, /\(from versions: (.*)\)$/) ?? 'none';
  const refused = said.reasons.filter((reason) => isAbout(project, requirement, versions, reason));
  const python = firstMatch(refused, /Requires-Python ([^:]+):/);
  if (python !== undefined) {
    const hint = `this is Python ${said.python}; set PYTHON_BIN to another`;
    return new InstallError('python_too_old', `"${requirement}" needs Python ${python.trim()}, and ${hint}`);
  }
  if (refused.some((reason) => reason.includes('No sources permitted'))) {
    return new InstallError('no_wheel', `"${requirement}" is there as source only. ${NO_WHEEL_HINT}`);
  }
  if (refused.length > 0) {
    const here = `this platform and Python ${said.python}`;
    return new InstallError('no_wheel', `"${requirement}" has wheels, and none for ${here}`);
  }
  if (versions === 'none') {
    return new InstallError('package_not_found', `The package index has no "${project}"`);
  }
  const known = versions.split(', ').slice(-10).join(', ');
  return new InstallError('version_not_found', `The package index has no "${requirement}"; it has ${known}`);
}

/** Why the page of a project could not be read; undefined where it could, or where the index says that there is none. */
function pageFailure(project: string, reasons: readonly string[]): string | undefined {
  const page = `/${project}/: `;
  const failures = reasons.filter((line) => line.startsWith('Could not fetch URL') && line.includes(page));
  const real = failures.find((line) => !/ 404 Client Error/.test(line));
  if (real === undefined) return undefined;
  const status = /\b(\d{3}) (?:Client|Server) Error|too many (\d{3}) error/.exec(real);
  if (status) return `HTTP ${status[1] ?? status[2]}`;
  return /timed? ?out/i.test(real) ? 'no answer in time' : 'no connection';
}

/** Whether a file that was passed over is one that was asked for: any of the project where nothing else is left, else that of the very version. */
function isAbout(project: string, requirement: string, versions: string, reason: string): boolean {
  const file = /Skipping link: .*\/([^/\s]+) \(from /.exec(reason)?.[1].replace(/#.*$|\.(zip|tgz|tar\.\w+)$/, '');
  if (file === undefined || !reason.includes(`/${project}/)`)) return false;
  const [, exact] = /==([^,*]+)$/.exec(requirement) ?? [];
  return exact === undefined ? versions === 'none' : `${file}-`.includes(`-${exact}-`);
}

/** The first error says what was wrong, the ones behind it what became of that. */
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
