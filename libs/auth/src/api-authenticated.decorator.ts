import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from '@manifold/rest';

/** Names of the security schemes in the OpenAPI document, which declares them once. */
export const SECURITY_SCHEMES = { bearer: 'bearer', apiKey: 'apiKey' } as const;

/**
 * Adds the security schemes and the problem responses 401, 429 and 503 to the OpenAPI document of a controller or route. It changes only
 * the document: every route that is not public requires credentials anyway.
 */
export const ApiAuthenticated = (): ClassDecorator & MethodDecorator =>
  applyDecorators(
    ApiBearerAuth(SECURITY_SCHEMES.bearer),
    ApiSecurity(SECURITY_SCHEMES.apiKey),
    ApiProblems(401, 429, 503),
  );
