import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from '@manifold/rest';

/** Names of the security schemes in the OpenAPI document, which declares them once. */
export const SECURITY_SCHEMES = { bearer: 'bearer', apiKey: 'apiKey' } as const;

/**
 * Says in the OpenAPI document that the routes of a controller need credentials, and that limits and overload can stop them. The document
 * only: every route needs them anyway.
 */
export const ApiAuthenticated = (): ClassDecorator & MethodDecorator =>
  applyDecorators(
    ApiBearerAuth(SECURITY_SCHEMES.bearer),
    ApiSecurity(SECURITY_SCHEMES.apiKey),
    ApiProblems(401, 429, 503),
  );
