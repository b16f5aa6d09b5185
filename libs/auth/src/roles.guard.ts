import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Config } from '@manifold/config';
import { ProblemError } from '@manifold/rest';
import { hasRole, type Role } from './principal.js';
import { unauthenticated } from './unauthenticated.js';

const RequiredRoles = Reflector.createDecorator<readonly Role[]>();

/** Requires one of these roles from the caller. A handler's list replaces its controller's list. */
export const Roles = (...roles: [Role, ...Role[]]): ClassDecorator & MethodDecorator => RequiredRoles(roles);

/**
 * Checks again, after the authentication hook, that a request to a route that is not public has a principal, even if the hook did not run.
 * Then checks the roles.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly config: Config,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.routeOptions.config.public) return true;
    const { principal } = request;
    if (!principal) throw unauthenticated(this.config, request.url, false);

    const roles = this.reflector.getAllAndOverride(RequiredRoles, [context.getHandler(), context.getClass()]);
    if (roles === undefined || roles.some((role) => hasRole(principal, role))) return true;
    throw new ProblemError(403, 'insufficient_role', `This request needs the role ${roles.join(' or ')}`, {
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
    });
  }
}
