import { EgressError } from './egress-error.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type'];

/** The URL that a response sends its reader to. */
export function redirectTarget(response: Response, url: URL): URL | undefined {
  const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
  if (location === null) return undefined;
  const target = URL.parse(location, url.href);
  // Whoever follows to another origin hands it the headers, and some of them are credentials (threat 23).
  if (target?.origin === url.origin && target.username === '' && target.password === '') return target;
  throw new EgressError('redirect_forbidden', `${url.host} redirects to another origin`);
}

/** The request to make at the target: which redirects keep the method and the body is in the Fetch standard, 4.4, step 12. */
export function redirectedInit(status: number, init: RequestInit, host: string): RequestInit {
  const method = (init.method ?? 'GET').toUpperCase();
  const becomesGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST';
  if (!becomesGet) {
    if (!(init.body instanceof ReadableStream)) return init;
    throw new EgressError('redirect_forbidden', `${host} redirects a request whose body cannot be sent again`);
  }
  const headers = new Headers(init.headers);
  for (const name of BODY_HEADERS) headers.delete(name);
  return { ...init, method: 'GET', body: undefined, headers };
}
