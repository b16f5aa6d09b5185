import { isIP } from 'node:net';
import { hostsOf } from './integration-hosts.js';
import { refused } from './refused.js';

const BASE = 'https://base.invalid';
/** Characters that URL parsers strip before parsing. With them, a path could turn into another host. */
const STRIPPED = /^[\0- ]|[\0- ]$|[\t\r\n]/;
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const PATH = /^\/?[^/\\@:?#][^\\?#]*(\?[^#]*)?$|^\/?(\?[^#]*)?$/;
/** Host names that resolve only inside a private network. */
const LOCAL_NAMES = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa|svc|cluster\.local)\.?$/i;

/**
 * Returns the URL for Paragon's proxy: a path below the integration's base URL, or a full URL of one of the integration's own hosts
 * (docs/THREATS.md, threat 52). If the hosts of the integration are unknown, any public host is accepted.
 * @throws ProviderError `invalid_arguments`
 */
export function checkedUrl(integration: string, text: string, query: Readonly<Record<string, unknown>> = {}): string {
  const absolute = HAS_SCHEME.test(text);
  if (!absolute && !PATH.test(text)) throw refused('url must be a path such as /v1/things, or a full https URL');
  const url = URL.parse(text, BASE);
  if (!url || STRIPPED.test(text) || climbs(text)) throw refused('url is not a well-formed URL');
  if (absolute) checkHost(integration, url);
  else if (url.origin !== BASE) throw refused('url must be a path such as /v1/things, or a full https URL');
  for (const [name, value] of Object.entries(query)) {
    for (const item of [value].flat()) url.searchParams.append(name, String(item));
  }
  return absolute ? url.href : `${url.pathname}${url.search}`;
}

function checkHost(integration: string, url: URL): void {
  const { hostname } = url;
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.port !== '') {
    throw refused('url must be https, without credentials and without a port');
  }
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || !hostname.includes('.') || LOCAL_NAMES.test(hostname)) {
    throw refused('url must name a public host');
  }
  const hosts = hostsOf(integration);
  if (hosts && !hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))) {
    throw refused(`url must be a path, or a URL of ${hosts.join(' or ')}`);
  }
}

/** Returns whether a path leaves the base path, as it is or after one or two decodings by a server. */
function climbs(text: string): boolean {
  let path = text.split(/[?#]/, 1)[0]!;
  for (let round = 0; round < 3; round += 1) {
    if (path.split(/[/\\]/).some((segment) => segment === '..' || segment === '.') || /[\0-\x1f\\]/.test(path)) {
      return true;
    }
    const decoded = decodedPath(path);
    if (decoded === undefined) return true;
    path = decoded;
  }
  return false;
}

function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
