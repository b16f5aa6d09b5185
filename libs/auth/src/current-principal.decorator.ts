import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from './principal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller. It is set before the body is read, on every route that is not public. */
    principal?: Principal;
  }
}

/** Injects the caller as a parameter of a route handler. It throws on a public route, which has no caller. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!principal) throw new Error('CurrentPrincipal is used on a public route, which has no principal');
  return principal;
});
