import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '@manifold/config';
import { ProblemError } from '@manifold/rest';
import { isMcpPath } from './mcp-paths.js';

/** Problem code for a refused Host or Origin header. */
export const FORBIDDEN_SITE = 'forbidden_site';

/**
 * Stops DNS rebinding (docs/THREATS.md, threat 13). In this attack, the host name of a web page is made to resolve to the gateway. The
 * page's requests then carry the page's own name in Host and Origin.
 *
 * The guard checks every route that is not public. In development, a page that reaches the REST API could register a command and run
 * it. Public routes are exempt. Probes use the address of the container as host, which need not be in the list of allowed hosts.
 * Public routes return nothing that such a page could not request itself.
 *
 * In development, pages of other programs on this machine may use MCP and read. They may not use REST routes that change something (threat
 * 83): one of them can be the page of any program that listens on a port.
 */
@Injectable()
export class RebindingGuard implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers, method, routeOptions, url } = context.switchToHttp().getRequest<FastifyRequest>();
    if (routeOptions.config.public) return true;
    const { host, origin } = headers;
    if (!isAllowedHost(host, this.config)) throw forbidden('Invalid Host header');
    if (origin === undefined) return true;
    const mayRead = READING.includes(method) || isMcpPath(routeOptions.url ?? url);
    const isAllowed = mayRead ? isAllowedOrigin(origin, this.config) : mayChange(origin, host, this.config);
    if (!isAllowed) throw forbidden('Invalid Origin header');
    return true;
  }
}

const READING: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

const forbidden = (message: string): ProblemError => new ProblemError(403, FORBIDDEN_SITE, message);

/** @param host the Host header; the comparison ignores the port and upper or lower case */
export function isAllowedHost(host: string | undefined, { allowedHosts }: Pick<Config, 'allowedHosts'>): boolean {
  if (allowedHosts.length === 0) return true;
  return host !== undefined && allowedHosts.includes(host.toLowerCase().replace(/:\d*$/, ''));
}

type OriginSettings = Pick<Config, 'allowedOrigins' | 'publicUrl' | 'environment'>;

/** @param origin the Origin header. The gateway's own origin comes from its public URL, never from the Host header. */
export function isAllowedOrigin(origin: string, config: OriginSettings): boolean {
  return isNamedOrigin(origin, config) || (config.environment === 'development' && LOOPBACK_ORIGIN.test(origin));
}

/**
 * Returns whether pages of the origin may use REST routes that change something: those of the listed origins and of the gateway. In
 * development the gateway is reached under several names, so there its page is any page of loopback with the host and port of the request.
 * @param host the Host header, which is allowed
 */
export function mayChange(origin: string, host: string | undefined, config: OriginSettings): boolean {
  if (isNamedOrigin(origin, config)) return true;
  if (config.environment !== 'development' || !LOOPBACK_ORIGIN.test(origin)) return false;
  return new URL(origin).host === host?.toLowerCase();
}

const isNamedOrigin = (origin: string, { allowedOrigins, publicUrl }: OriginSettings): boolean =>
  allowedOrigins.includes(origin) || origin === new URL(publicUrl).origin;

const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
