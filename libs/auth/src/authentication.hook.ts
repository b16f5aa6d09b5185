import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Config } from '@manifold/config';
import { RequestLimits, sourceKey } from '@manifold/limits';
import { clientAddress, ProblemError } from '@manifold/rest';
import { Tenants } from '@manifold/tenants';
import { Authenticator } from './authenticator.js';
import type { Principal } from './principal.js';
import { refusePublicly } from './unserved-paths.js';
import { CredentialError, unauthenticated } from './unauthenticated.js';

/**
 * Authenticates every request, unknown paths included, before its body is read. Whether a route is public depends on the route that Fastify
 * matched, not on the path. HEAD requests, a trailing slash or other letter case therefore cannot bypass it.
 *
 * The hook is added when the modules start, after the CORS hooks. Preflight requests are therefore answered, and browsers can read
 * refusals.
 */
@Injectable()
export class AuthenticationHook implements OnModuleInit {
  private readonly logger = new Logger(AuthenticationHook.name);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly authenticator: Authenticator,
    private readonly config: Config,
    private readonly limits: RequestLimits,
    private readonly tenants: Tenants,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request) => {
      const { public: isPublic, knowsCallers, verifiedOnly } = request.routeOptions.config ?? {};
      if (knowsCallers) request.principal = await this.knownCaller(request);
      if (isPublic) return;
      if (request.is404) refusePublicly(request, this.config);
      const principal = await this.principalOf(request);
      const isVerified = principal.confinedTo === undefined;
      if (verifiedOnly && !isVerified) throw unauthenticated(this.config, request.url, true);
      request.principal = isVerified ? principal : { ...principal, source: sourceKey(clientAddress(request)) };
      if (!this.tenants.isEnabled(request.principal.tenant)) {
        throw new ProblemError(403, 'tenant_disabled', 'The tenant is disabled');
      }
    });
  }

  /**
   * Returns the caller of a public route, if there is a valid credential. A credential that only an upstream can verify counts as none:
   * everybody can forge one. Never rejects: such a route answers without a database, too.
   */
  private async knownCaller(request: FastifyRequest): Promise<Principal | undefined> {
    const principal = await this.principalOf(request).catch(() => undefined);
    if (!principal || principal.confinedTo !== undefined) return undefined;
    return this.tenants.isEnabled(principal.tenant) ? principal : undefined;
  }

  private async principalOf(request: FastifyRequest): Promise<Principal> {
    const principal = await this.authenticator.principalOf(request, Date.now()).catch((error: unknown) => {
      if (!(error instanceof CredentialError)) throw error;
      this.logger.debug({ msg: 'credential refused', requestId: request.id, reason: error.message });
      throw this.limits.wrongCredential(clientAddress(request)) ?? unauthenticated(this.config, request.url, true);
    });
    if (!principal) throw unauthenticated(this.config, request.url, false);
    return principal;
  }
}
