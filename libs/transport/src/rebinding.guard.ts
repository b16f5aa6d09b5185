import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '@manifold/config';
import { Problem } from '@manifold/rest';

/** The code of the refusal. */
export const FORBIDDEN_SITE = 'forbidden_site';

/**
 * Stops DNS rebinding (SECURITY.md, threat 13): a page whose host name was made to point at the gateway sends its own
 * name in Host and Origin. It guards every route of the gateway that is not public: in development a page that reached the
 * REST API could register a command and have it run. Probes come under the address of the container, whatever is listed,
 * and what is public has nothing that such a page could not ask for itself.
 */
@Injectable()
export class RebindingGuard implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    if (routeOptions.config.public) return true;
    const { host, origin } = headers;
    if (!isAllowedHost(host, this.config)) throw forbidden('Invalid Host header');
    if (origin !== undefined && !isAllowedOrigin(origin, this.config)) throw forbidden('Invalid Origin header');
    return true;
  }
}

const forbidden = (message: string): Problem => new Problem(403, FORBIDDEN_SITE, message);

/** @param host the Host header: compared without port, in any case */
export function isAllowedHost(host: string | undefined, { allowedHosts }: Pick<Config, 'allowedHosts'>): boolean {
  if (allowedHosts.length === 0) return true;
  return host !== undefined && allowedHosts.includes(host.toLowerCase().replace(/:\d*$/, ''));
}

/** @param origin the Origin header. The gateway's own origin is that of its public URL, never that of the Host header. */
export function isAllowedOrigin(
  origin: string,
  { allowedOrigins, publicUrl, environment }: Pick<Config, 'allowedOrigins' | 'publicUrl' | 'environment'>,
): boolean {
  if (allowedOrigins.includes(origin) || origin === new URL(publicUrl).origin) return true;
  return environment === 'development' && LOOPBACK_ORIGIN.test(origin);
}

const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
