import type { FastifyReply, FastifyRequest } from 'fastify';
import { processCounter } from '@manifold/metrics';

const requests = processCounter(
  'manifold_http_requests_total',
  'HTTP requests by the route that answered them and the status',
  'method',
  'route',
  'status',
);
const refusals = processCounter(
  'manifold_auth_refusals_total',
  'Requests that were refused for who sent them: no credential, one that is not good, or a role that is missing',
  'reason',
);

/** Counts a request that has been answered. */
export function countRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { statusCode } = reply.raw;
  // The pattern of the route, never the path: that one is the caller's.
  requests.of(request.method, request.routeOptions.url ?? 'none', String(statusCode)).add();
  if (statusCode === 401 || statusCode === 403) refusals.of(refusalOf(request, reply)).add();
}

export type Refusal = 'no_credential' | 'bad_credential' | 'forbidden';

/** Why a 401 or 403 was answered, in the classes that an outsider may learn too. */
export function refusalOf({ headers }: FastifyRequest, { raw }: FastifyReply): Refusal {
  if (raw.statusCode === 403) return 'forbidden';
  const hasCredential = headers.authorization !== undefined || headers['x-api-key'] !== undefined;
  return hasCredential ? 'bad_credential' : 'no_credential';
}
