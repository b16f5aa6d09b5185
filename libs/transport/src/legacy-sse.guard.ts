import { Injectable, type CanActivate } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Problem } from '@manifold/rest';

/** The routes of HTTP+SSE do not exist where ENABLE_LEGACY_SSE is false. */
@Injectable()
export class LegacySseGuard implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(): boolean {
    if (!this.config.legacySse) throw new Problem(404, 'not_found', 'The HTTP+SSE transport is switched off');
    return true;
  }
}
