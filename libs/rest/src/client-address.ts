import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * Who has sent a request, as far as the gateway can know: what a trusted proxy says (TRUST_PROXY), or the other end of the connection.
 * What a proxy hands on may be no address at all: then it is the proxy's own.
 */
export function clientAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return isIP(ip) ? ip : (socket.remoteAddress ?? '');
}
