import { isObject, withoutSlashes } from '@manifold/async';
import { OpenApiError } from './openapi-error.js';

/**
 * Returns the prefix of the paths: the first server of the first list that is not empty, without a slash at its end. A relative URL is
 * a path. Paragon's proxy adds the integration's base URL to it.
 * @throws OpenApiError
 */
export function serverUrl(...lists: readonly unknown[]): string {
  const list = lists.find((servers): servers is unknown[] => Array.isArray(servers) && servers.length > 0);
  if (!list) return '';
  const [server] = list;
  if (!isObject(server) || typeof server.url !== 'string') throw new OpenApiError('a server has no URL', list);
  const url = server.url.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => variableOf(server.variables, name, server));
  if (/[?#\s]/.test(url) || url.startsWith('//')) {
    throw new OpenApiError(`the server's URL "${url}" is not http, https or a path alone`, server);
  }
  return isAbsolute(url) ? absolute(url, server) : relative(url);
}

const isAbsolute = (url: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(url);

function absolute(text: string, server: object): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new OpenApiError(`the server's URL "${text}" is not http or https, or holds credentials`, server);
  }
  return withoutSlashes(url.href);
}

/** Resolves and encodes a path like the path of a URL. */
const relative = (path: string): string => withoutSlashes(new URL(path, 'http://relative.invalid/').pathname);

function variableOf(variables: unknown, name: string, server: object): string {
  const variable = isObject(variables) && Object.hasOwn(variables, name) ? variables[name] : undefined;
  const value = isObject(variable) ? variable.default : undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new OpenApiError(`the variable {${name}} of the server's URL has no default`, server);
}
