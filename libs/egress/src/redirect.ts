import { EgressError } from './egress-error.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type'];

/** Returns the target of a redirect; undefined if the response is not one. Throws if the target is at another origin. */
export function redirectTarget(response: Response, url: URL): URL | undefined {
  const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
  if (location === null) return undefined;
  const target = URL.parse(location, url.href);
  // A client that follows a redirect to another origin sends it the headers, which may contain credentials (threat 23).
  if (target?.origin === url.origin && target.username === '' && target.password === '') return target;
  throw new EgressError('redirect_forbidden', `${url.host} redirects to another origin`);
}

/** Returns the request for the redirect's target. The Fetch standard, 4.4, step 12 defines which redirects keep the method and the body. */
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
