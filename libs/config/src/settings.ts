import { access } from './groups/access.js';
import { hosting } from './groups/hosting.js';
import { integrationApps } from './groups/integration-app.js';
import { limits } from './groups/limits.js';
import { listening } from './groups/listening.js';
import { mcp } from './groups/mcp.js';
import { packages } from './groups/packages.js';
import { paragon } from './groups/paragon.js';
import { runPolicy } from './groups/run-policy.js';
import { type Environment, valueOrFile } from './secret-files.js';
import { secretsKeys } from './groups/secrets.js';
import { InvalidSettingError, type Setting, type SettingGroup, type Values } from './model/setting.js';
import { state } from './groups/state.js';
import { oauth } from './groups/oauth.js';
import { tracing } from './groups/tracing.js';

/** Every setting of the gateway, in the order in which they are documented. */
export const GROUPS = [
  listening,
  mcp,
  state,
  secretsKeys,
  access,
  limits,
  runPolicy,
  hosting,
  packages,
  oauth,
  paragon,
  integrationApps,
  tracing,
] as const;

type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
type ValuesOf<G> = G extends SettingGroup ? Values<G> : never;

/** The values of all settings, by name. */
export type SettingValues = AllOf<ValuesOf<(typeof GROUPS)[number]>>;

const DECLARED: readonly (readonly [string, Setting<unknown>])[] = GROUPS.flatMap(({ settings }) =>
  Object.entries<Setting<unknown>>(settings),
);

/** The names of all variables that the gateway reads, including the `_FILE` variables. */
export const VARIABLES: ReadonlySet<string> = new Set(
  DECLARED.flatMap(([name, { file }]) => (file ? [name, `${name}_FILE`] : [name])),
);

/** The names of the variables that hold secrets of the gateway. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set(
  DECLARED.flatMap(([name, { secret }]) => (secret ? [name] : [])),
);

/**
 * Reads all settings. An empty value means the default, so that `NAME=` in a `.env` file changes nothing.
 * @param faults gets one line for each variable that cannot be used. If there is a fault, the returned values must not be used
 */
export function readSettings(environment: Environment, faults: string[]): SettingValues {
  const isProduction = environment.NODE_ENV === 'production';
  const values = DECLARED.map(([name, declared]) => {
    const given = declared.file ? valueOrFile(name, environment, faults) : environment[name];
    const written = given || defaultOf(declared, isProduction);
    try {
      return [name, written === undefined ? undefined : declared.parse(written)];
    } catch (error) {
      if (!(error instanceof InvalidSettingError)) throw error;
      faults.push(`${name}: ${error.message}`);
      return [name, undefined];
    }
  });
  return Object.fromEntries(values) as SettingValues;
}

function defaultOf({ default: value }: Setting<unknown>, isProduction: boolean): string | undefined {
  if (typeof value === 'object') return String(isProduction ? value.production : value.development);
  return value === undefined ? undefined : String(value);
}
