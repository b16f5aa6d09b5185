import { readFileSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './secret-files.js';

/** Entries of npm's configuration that say where packages come from, and what is sent there. Credentials are for one host and path. */
const USED = /^(?:registry|@[^:\s]+:registry|\/\/.+:(?:_authToken|_auth|username|_password))$/;

/**
 * Reads the user's configuration of npm: the file that NPM_CONFIG_USERCONFIG names, else `.npmrc` in the home folder, where it may be missing.
 * A file in the home folder that others can change is passed over: that folder may be one for temporary files.
 * Only the entries for registries are used. `${NAME}` stands for a variable, as in npm.
 * @param faults gets lines with variables and paths, never with the content of the file
 */
export function readNpmrc(
  path: string | undefined,
  environment: Environment,
  faults: string[],
): Readonly<Record<string, string>> {
  const home = environment.HOME && join(environment.HOME, '.npmrc');
  const file = path ?? home;
  if (!file) return {};
  let text: string;
  try {
    if (path === undefined && !isOwn(statSync(file))) return {};
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (path !== undefined) {
      faults.push(`NPM_CONFIG_USERCONFIG: the file cannot be read (${code}); make ${path} readable for this user`);
    }
    return {};
  }
  const entries = text.split(/\r?\n/).map((line) => entryOf(line, environment));
  return Object.fromEntries(entries.filter((entry) => entry !== undefined).filter(isUsed));
}

/** Returns whether only root and the user of the gateway can change a file. */
const isOwn = ({ uid, mode }: Stats): boolean => (uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0;

const isUsed = ([name, value]: [string, string]): boolean =>
  USED.test(name) && (name.startsWith('//') || /^https?:$/.test(URL.parse(value)?.protocol ?? ''));

/** Reads a line `name = value`. Comments begin with `;` or `#`. */
function entryOf(line: string, environment: Environment): [string, string] | undefined {
  const [, name, value] = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
  if (name === undefined) return undefined;
  const text = /^"(.*)"$|^'(.*)'$/.exec(value!);
  return [expanded(name, environment), expanded(text ? (text[1] ?? text[2]!) : value!, environment)];
}

/** Replaces `${NAME}` by the variable. One that is not set stays as it is, and `${NAME?}` is then empty. */
const expanded = (text: string, environment: Environment): string =>
  text.replaceAll(
    /\$\{([^${}?]+)(\?)?\}/g,
    (whole, name: string, optional?: string) => environment[name] ?? (optional ? '' : whole),
  );
