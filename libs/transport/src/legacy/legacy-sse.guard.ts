import { Injectable, type CanActivate } from '@nestjs/common';
import { Config } from '@manifold/config';
import { ProblemError } from '@manifold/rest';

/** Answers the routes of HTTP+SSE with 404 if ENABLE_LEGACY_SSE is false. */
@Injectable()
export class LegacySseGuard implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(): boolean {
    if (!this.config.legacySse) throw new ProblemError(404, 'not_found', 'The HTTP+SSE transport is switched off');
    return true;
  }
}
