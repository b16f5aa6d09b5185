import { readFileSync } from 'node:fs';
import { ConfigError } from './config.js';

/**
 * Variables whose value may stand in a file that `<NAME>_FILE` names: what must not be seen in the environment of a process, which everybody
 * sees who may describe its container. Keys that have rules of their own for files are not among them: SIGNING_KEY, SECRETS_KEY.
 */
const IN_FILES = [
  'MONGO_URL',
  'MONGO_PASS',
  'REDIS_URL',
  'INTEGRATION_APP_WORKSPACE_SECRET',
  'GOOGLE_OAUTH_CREDENTIALS',
  'OAUTH2_CREDENTIALS',
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Puts what the files hold in the place of their names. A line break at the end of a file does not count: editors add it.
 * @throws ConfigError that names variables and paths, never what is in a file
 */
export function withSecretFiles(environment: Environment): Environment {
  const faults: string[] = [];
  const read = IN_FILES.flatMap((name) => {
    const path = environment[`${name}_FILE`];
    if (!path) return [];
    if (environment[name]) faults.push(`${name} and ${name}_FILE exclude each other`);
    const value = contentOf(path, `${name}_FILE`, faults);
    return value === undefined ? [] : [[name, value] as const];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return { ...environment, ...Object.fromEntries(read) };
}

function contentOf(path: string, variable: string, faults: string[]): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return text;
    faults.push(`${variable} names an empty file: ${path}`);
  } catch (error) {
    faults.push(`${variable} names a file that cannot be read: ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
  return undefined;
}
