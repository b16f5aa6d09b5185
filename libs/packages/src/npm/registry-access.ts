import { withoutSlashes } from '@manifold/async';

/** The operator's registries of npm packages, and the credentials for each. */
export interface RegistrySettings {
  /** URL of the registry. A user and a password in it are sent only to this registry. */
  readonly registry: string;
  /** Bearer token for this registry. */
  readonly token?: string;
  /** Entries of npm's configuration: registries of scopes (`@acme:registry`), and credentials of hosts (`//host/path/:_authToken`). */
  readonly npmrc?: Readonly<Record<string, string>>;
}

/**
 * Options of npm, in its own form: `registry`, `@scope:registry`, and credentials by host and path. npm sends credentials to this host, for
 * paths below this path.
 */
export type RegistryOptions = Readonly<Record<string, string>> & { readonly registry: string };

/** A registry, and the value of the `Authorization` field for it. */
export interface RegistryAccess {
  /** URL without credentials and without a trailing slash. */
  readonly url: string;
  readonly authorization?: string;
}

/** Returns the options of npm for the settings. A token or credentials of NPM_REGISTRY replace those of npm's configuration. */
export function registryOptions({ registry, token, npmrc = {} }: RegistrySettings): RegistryOptions {
  const options: Record<string, string> = { ...npmrc };
  for (const scope of Object.keys(npmrc).filter(isScope)) {
    replaceCredentials(options, npmrc[scope]!);
    options[scope] = bare(npmrc[scope]!);
  }
  replaceCredentials(options, registry, token);
  return { ...options, registry: bare(registry) };
}

/** Returns the options without credentials, for programs that must not know them. */
export const withoutCredentials = (options: RegistryOptions): RegistryOptions =>
  ({
    ...Object.fromEntries(Object.entries(options).filter(([name]) => isScope(name))),
    registry: options.registry,
  }) as RegistryOptions;

/** Returns the URLs of all registries. */
export const registriesIn = (options: RegistryOptions): string[] => [
  options.registry,
  ...Object.keys(options)
    .filter(isScope)
    .map((scope) => options[scope]!),
];

/** Returns the credentials in the options, to be removed from texts. */
export const credentialsOf = (options: RegistryOptions): string[] =>
  Object.keys(options)
    .filter((name) => /:(?:_authToken|_auth|_password)$/.test(name) && options[name] !== '')
    .map((name) => options[name]!);

/** Returns the registry of a package. */
export function registryOf(name: string, options: RegistryOptions): RegistryAccess {
  const [scope] = /^@[^/]+/.exec(name) ?? [];
  const url = (scope === undefined ? undefined : options[`${scope}:registry`]) ?? options.registry;
  const authorization = authorizationFor(`${url}/${name}`, options);
  return { url, ...(authorization !== undefined && { authorization }) };
}

/** Finds the credentials as npm does: those of the longest path above the URL, with or without a slash at its end. */
function authorizationFor(text: string, options: RegistryOptions): string | undefined {
  const { host, pathname } = new URL(text);
  for (let place = `//${host}${pathname}`; place.length > 2; place = place.replace(/(?:[^/]+|\/)$/, '')) {
    const [token, basic, user, password] = CREDENTIALS.map((name) => options[`${place}:${name}`]);
    if (token) return `Bearer ${token}`;
    if (basic) return `Basic ${basic}`;
    if (user && password) return `Basic ${base64(`${user}:${Buffer.from(password, 'base64').toString()}`)}`;
  }
  return undefined;
}

const CREDENTIALS = ['_authToken', '_auth', 'username', '_password'];

const isScope = (name: string): boolean => /^@.+:registry$/.test(name);

/** Sets the credentials of a registry: the token, or the user and password in its URL. Without them, the options stay as they are. */
function replaceCredentials(options: Record<string, string>, registry: string, token?: string): void {
  const { username, password } = new URL(registry);
  const credentials = [username, password].map(decodeURIComponent).join(':');
  if (token === undefined && credentials === ':') return;
  const place = placeOf(registry);
  for (const name of CREDENTIALS) delete options[`${place}:${name}`];
  if (token === undefined) options[`${place}:_auth`] = base64(credentials);
  else options[`${place}:_authToken`] = token;
}

function bare(registry: string): string {
  const url = new URL(registry);
  url.username = '';
  url.password = '';
  return withoutSlashes(url.href);
}

/** Returns the host and path of a registry as npm writes them before the name of an option. */
function placeOf(registry: string): string {
  const url = bare(registry);
  return `${url.slice(url.indexOf('//'))}/`;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
