import { PackageNotAllowedError } from '../model/package-grammar.js';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** Suffixes by which pip treats an argument as a file. */
const FILE_NAME = /\.(?:whl|zip|tar|tgz|tbz|txz|tlz|tar\.[a-z0-9]+)$/i;
const NAME_MAX = 128;

const RELEASE = String.raw`v?(?:\d+!)?\d+(?:\.\d+)*`;
const PRE = String.raw`(?:[-_.]?(?:alpha|beta|preview|pre|rc|a|b|c)[-_.]?\d*)?`;
const POST = String.raw`(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?`;
const DEV = String.raw`(?:[-_.]?dev[-_.]?\d*)?`;
const LOCAL = String.raw`(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?`;
const VERSION = RELEASE + PRE + POST + DEV + LOCAL;
const EXACT = new RegExp(`^${VERSION}$`, 'i');
const CLAUSE = String.raw`(?:(?:==|!=)\s*${VERSION}(?:\.\*)?|(?:<=|>=|<|>|~=)\s*${VERSION})`;
const SPECIFIERS = new RegExp(String.raw`^${CLAUSE}(?:\s*,\s*${CLAUSE})*$`, 'i');
const SPECIFIERS_MAX = 128;

const EXTRA = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const REQUIREMENT = new RegExp(String.raw`^([A-Za-z0-9._-]+)\s*(\[\s*${EXTRA}(?:\s*,\s*${EXTRA})*\s*\])?\s*(.*)$`);
const DEPENDENCIES_MAX = 50;

const MODULE = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
const MODULE_MAX = 200;
const URL_MAX = 2000;

/**
 * Returns the text if it is the name of a package in an index (PEP 508).
 * @throws PackageNotAllowedError
 */
export function pythonName(text: string, field = 'name'): string {
  if (text.length <= NAME_MAX && NAME.test(text) && !FILE_NAME.test(text)) return text;
  throw new PackageNotAllowedError(
    field,
    `${field} must be the name of a Python package: letters, digits, ".", "_" and "-"`,
  );
}

/**
 * Returns the version specifier for pip (PEP 440): `==1.2.3` for a version, a range such as `>=1,<2` without whitespace, and an empty text
 * for `latest` or undefined.
 * @throws PackageNotAllowedError
 */
export function pythonVersion(text: string | undefined): string {
  if (text === undefined || text === 'latest') return '';
  if (isExactVersion(text)) return `==${text}`;
  if (isSpecifiers(text)) return text.replaceAll(/\s/g, '');
  throw new PackageNotAllowedError(
    'version',
    'version must be a version such as 1.2.3, a range such as >=1,<2 or "latest"',
  );
}

/** Returns whether the text is one exact version (PEP 440), not a range. */
export const isExactVersion = (text: string): boolean => text.length <= SPECIFIERS_MAX && EXACT.test(text);

/**
 * Returns the text if it is a module name that `python -m` can run.
 * @throws PackageNotAllowedError
 */
export function pythonModule(text: string): string {
  if (text.length <= MODULE_MAX && MODULE.test(text)) return text;
  throw new PackageNotAllowedError(
    'pythonModule',
    'pythonModule must be the dotted name of a module, such as my_server.main',
  );
}

/**
 * Returns the further packages without whitespace. Each is a name with optional extras and versions (`httpx[http2]>=0.27`). Options, paths,
 * URLs and markers are refused.
 * @throws PackageNotAllowedError
 */
export function pipDependencies(items: readonly string[]): string[] {
  if (items.length > DEPENDENCIES_MAX) {
    throw new PackageNotAllowedError('pipDependencies', `pipDependencies may have at most ${DEPENDENCIES_MAX} entries`);
  }
  return items.map(dependency);
}

function dependency(text: string): string {
  const [, name, extras = '', specifiers = ''] = (text.length <= URL_MAX && REQUIREMENT.exec(text)) || [];
  if (name !== undefined && (specifiers === '' || isSpecifiers(specifiers))) {
    return (pythonName(name, 'pipDependencies') + extras + specifiers).replaceAll(/\s/g, '');
  }
  throw new PackageNotAllowedError(
    'pipDependencies',
    'pipDependencies must be names that versions may follow, such as httpx>=0.27',
  );
}

/**
 * Splits a package with extras, such as `server[http]`: into its name and a requirement for the extras. Any other text is unchanged.
 */
export function withExtras(text: string): { readonly name: string; readonly requirements: readonly string[] } {
  const [, name, extras, rest] = (text.length <= URL_MAX && REQUIREMENT.exec(text)) || [];
  return name === undefined || extras === undefined || rest !== ''
    ? { name: text, requirements: [] }
    : { name, requirements: [(name + extras).replaceAll(/\s/g, '')] };
}

/** Returns the package name of a requirement such as `httpx[http2]>=0.27` (PEP 508). */
export const requirementName = (requirement: string): string =>
  /^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? requirement;

/**
 * Returns the URL of a package index. It may contain a user and a password.
 * @throws PackageNotAllowedError; its message does not contain the URL
 */
export function indexUrl(text: string, field: 'pipIndexUrl' | 'pipExtraIndexUrl'): string {
  const url = text.length <= URL_MAX && !/[\s\p{Cc}]/u.test(text) ? URL.parse(text) : null;
  if (url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return url.href;
  throw new PackageNotAllowedError(field, `${field} must be an http or https URL without a query`);
}

const isSpecifiers = (text: string): boolean => text.length <= SPECIFIERS_MAX && SPECIFIERS.test(text);
