import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Config } from '@manifold/config';
import { RequestLimits } from '@manifold/limits';
import { clientAddress, Problem } from '@manifold/rest';
import { Tenants } from '@manifold/tenants';
import { Authenticator } from './authenticator.js';
import type { Principal } from './principal.js';
import { CredentialRefused, unauthenticated } from './unauthenticated.js';

/**
 * Authenticates every request of the server before its body is read, unknown paths included. It asks the route that
 * Fastify found, never the path: HEAD, a trailing slash or another case cannot slip past it.
 *
 * It is added when the modules start, after the hooks of CORS, so that preflights are answered and refusals readable.
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
      if (request.routeOptions.config?.public) return;
      request.principal = await this.principalOf(request);
      if (!this.tenants.isEnabled(request.principal.tenant)) {
        throw new Problem(403, 'tenant_disabled', 'The tenant is disabled');
      }
    });
  }

  private async principalOf(request: FastifyRequest): Promise<Principal> {
    const principal = await this.authenticator.principalOf(request, Date.now()).catch((error: unknown) => {
      if (!(error instanceof CredentialRefused)) throw error;
      this.logger.debug({ msg: 'Credential refused', requestId: request.id, reason: error.message });
      throw this.limits.wrongCredential(clientAddress(request)) ?? unauthenticated(this.config.publicUrl, true);
    });
    if (!principal) throw unauthenticated(this.config.publicUrl, false);
    return principal;
  }
}
