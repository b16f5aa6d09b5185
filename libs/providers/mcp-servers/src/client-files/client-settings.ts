import { isObject } from '@manifold/async';

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
/** The variables of Claude Code, Gemini CLI and others: `${NAME}`, `${NAME:-default}`. */
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}/g;
/** The variables of OpenCode. */
const BRACED_VARIABLE = /(?<!\$)\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** A folder of the client's machine. A hosted server has its data folder instead, in which it starts. */
const FOLDER = /\$\{(?:workspaceFolder|userHome)\}/g;

/**
 * Returns an entry of a client's file with the names that the routes of servers use. Members that it does not know stay, so that answers name
 * them. Nothing is validated here.
 */
export function clientSettings(entry: Readonly<Members>): Members {
  const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
  const plain = { ...synonymsOf(given), ...timesOf(given) };
  const started = { ...plain, ...programOf(plain) };
  const settings = withReferences({ ...started, ...credentialsOf(started) });
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
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
function withReferences(settings: Members): Members {
  const env = asObject(settings.env);
  const isForeign = (name: string): boolean => !Object.hasOwn(env, name);
  const all = (text: string): string => referring(text, () => true);
  const foreign = (text: string): string => referring(text, isForeign);
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

const referring = (text: string, isReference: (name: string) => boolean): string =>
  text
    .replace(FOLDER, '.')
    .replace(BRACED_VARIABLE, '${env:$1}')
    .replace(VARIABLE, (whole: string, name: string, preset?: string) =>
      preset !== undefined ? preset : isReference(name) ? `\${env:${name}}` : whole,
    );

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
