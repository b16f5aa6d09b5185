import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * Returns the address of the client: the one that a trusted proxy reports (TRUST_PROXY), or the other end of the connection. If the proxy's
 * header contains no valid address, the result is the address of the proxy.
 */
export function clientAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  return isIP(ip) ? ip : (socket.remoteAddress ?? '');
}
