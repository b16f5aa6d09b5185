import { isObject } from '@manifold/async';
import { withReferences } from '@manifold/server-model';

type Members = Record<string, unknown>;

/** Members of clients' files that mean the same as a setting. The first one that is given counts. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  url: ['serverUrl', 'httpUrl'],
  env: ['environment'],
  headers: ['http_headers'],
  type: ['transport'],
  displayName: ['name'],
};
/** Times in seconds (Codex), and the settings in milliseconds. */
const SECONDS: Readonly<Record<string, string>> = {
  startup_timeout_sec: 'startupTimeout',
  tool_timeout_sec: 'callTimeout',
};
/** A whole value of Gemini CLI (`$NAME`) or of Windows (`%NAME%`). A header may have the scheme of a credential before it. */
const WHOLE_VARIABLE = /^(?:\$([A-Za-z_][A-Za-z0-9_]*)|%([A-Za-z_][A-Za-z0-9_]*)%)$/;
const SCHEME = /^[A-Za-z]+ /;
/** The end of a program's file name on Windows. */
const WINDOWS_ENDING = /\.(?:cmd|exe|bat)$/i;

/**
 * Returns an entry of a client's file with the names that the routes of servers use. Members that it does not know stay, so that answers name
 * them. Nothing is validated here.
 * @param name the server's name, which stands for the name of the client's folder
 */
export function clientSettings(entry: Readonly<Members>, name: string): Members {
  const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
  const plain = { ...synonymsOf(given), ...timesOf(given) };
  const started = { ...plain, ...programOf(plain) };
  const texts = { ...started, ...textsOf(started) };
  const program = { ...texts, ...withoutWindows(texts) };
  const settings = referring({ ...program, ...credentialsOf(program) }, name);
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Returns an entry with `${NAME}` in place of `$NAME` and `%NAME%`, where these are a whole value of `env` or `headers`. */
export function withBracedVariables(entry: Readonly<Members>): Members {
  const braced = (text: string): string =>
    text.replace(WHOLE_VARIABLE, (_, unix?: string, windows?: string) => `\${${unix ?? windows}}`);
  const afterScheme = (text: string): string => {
    const [scheme = ''] = SCHEME.exec(text) ?? [];
    return scheme + braced(text.slice(scheme.length));
  };
  const changed = { env: braced, environment: braced, headers: afterScheme, http_headers: afterScheme };
  return {
    ...entry,
    ...Object.fromEntries(
      Object.entries(changed).flatMap(([member, change]) => {
        const values = entry[member];
        return isObject(values) ? [[member, inTexts(values, Object.keys(values), change, true)]] : [];
      }),
    ),
  };
}

function synonymsOf(given: Readonly<Members>): Members {
  const plain: Members = { ...given };
  for (const [setting, names] of Object.entries(SYNONYMS)) {
    const [first] = names.filter((name) => isText(given[name]) || isObject(given[name]));
    if (first === undefined || plain[setting] !== undefined) continue;
    plain[setting] = given[first];
    delete plain[first];
  }
  return plain;
}

function timesOf(given: Readonly<Members>): Members {
  const times = Object.entries(SECONDS).filter(([name]) => typeof given[name] === 'number');
  return Object.fromEntries(
    times.flatMap(([name, setting]) => [
      [setting, Math.round((given[name] as number) * 1_000)],
      [name, undefined],
    ]),
  );
}

/** A command as a list with its arguments (OpenCode), or as an object (Zed). */
function programOf({ command, args, env }: Members): Members {
  if (Array.isArray(command)) {
    const [program, ...own] = command as unknown[];
    return { command: program, args: [...own, ...(Array.isArray(args) ? (args as unknown[]) : [])] };
  }
  if (!isObject(command)) return {};
  return { command: command.path, args: args ?? command.args, env: env ?? command.env };
}

/** Clients write numbers and booleans where programs get texts. Null is a value that is not set. */
function textsOf({ args, env, headers }: Members): Members {
  const list = Array.isArray(args) ? (args as unknown[]).filter((arg) => arg !== null).map(textOf) : args;
  return { args: list, env: textValues(env), headers: textValues(headers) };
}

function textValues(values: unknown): unknown {
  if (!isObject(values)) return values;
  const given = Object.entries(values).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, textOf(value)]));
}

const textOf = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

/** A program that Windows starts by its shell (`cmd /c npx`) or by its file (`C:\nodejs\npx.cmd`): the same program, by its name. */
function withoutWindows({ command, args }: Members): Members {
  if (!isText(command)) return {};
  const program = programName(command);
  const given: unknown[] = Array.isArray(args) ? args : [];
  const [option, inner, ...others] = given;
  const isShell = program.toLowerCase() === 'cmd' && isText(option) && option.toLowerCase() === '/c';
  return isShell && isText(inner) ? { command: programName(inner), args: others } : { command: program };
}

/** Returns the name of a program of Windows. Other programs stay as they are. */
function programName(command: string): string {
  const name = command.slice(Math.max(command.lastIndexOf('\\'), command.lastIndexOf('/')) + 1);
  const isOfWindows = name === command || command.includes('\\') || /^[A-Za-z]:\//.test(command);
  return isOfWindows && WINDOWS_ENDING.test(name) ? name.replace(WINDOWS_ENDING, '') : command;
}

/** Names of variables of the client's machine that hold credentials or settings (Codex). */
function credentialsOf({
  bearer_token_env_var: bearer,
  env_http_headers: named,
  env_vars: forwarded,
  ...rest
}: Members): Members {
  const added: Members = {};
  if (isText(bearer)) added.Authorization = `Bearer \${env:${bearer}}`;
  for (const [header, variable] of Object.entries(isObject(named) ? named : {}))
    if (isText(variable)) added[header] = `\${env:${variable}}`;
  const variables = (Array.isArray(forwarded) ? forwarded : []).filter(isText);
  const env = Object.fromEntries(variables.map((variable) => [variable, `\${env:${variable}}`]));
  return {
    ...(Object.keys(added).length > 0 && { headers: { ...asObject(rest.headers), ...added } }),
    ...(variables.length > 0 && { env: { ...env, ...asObject(rest.env) } }),
    ...(isText(bearer) && { bearer_token_env_var: undefined }),
    ...(isObject(named) && { env_http_headers: undefined }),
    ...(Array.isArray(forwarded) && { env_vars: undefined }),
  };
}

/** Writes all references to variables as `${env:NAME}`. A program expands variables of its own environment itself. */
function referring(settings: Members, name: string): Members {
  const env = asObject(settings.env);
  const isForeign = (variable: string): boolean => !Object.hasOwn(env, variable);
  const all = (text: string): string => withReferences(text, name);
  const foreign = (text: string): string => withReferences(text, name, isForeign);
  return {
    ...settings,
    ...inTexts(settings, ['url'], all),
    ...inTexts(settings, ['command', 'cwd'], foreign),
    ...(Array.isArray(settings.args) && {
      args: (settings.args as unknown[]).map((arg) => (isText(arg) ? foreign(arg) : arg)),
    }),
    ...(isObject(settings.env) && { env: inTexts(settings.env, Object.keys(settings.env), all, true) }),
    ...(isObject(settings.headers) && { headers: inTexts(settings.headers, Object.keys(settings.headers), all, true) }),
  };
}

/** Returns the members of these names with their texts changed, and the others as they are if `keepsOthers`. */
function inTexts(
  members: Members,
  names: readonly string[],
  change: (text: string) => string,
  keepsOthers = false,
): Members {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = members[name];
      if (isText(value)) return [[name, change(value)]];
      return keepsOthers ? [[name, value]] : [];
    }),
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const asObject = (value: unknown): Members => (isObject(value) ? value : {});
