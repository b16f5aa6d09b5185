import { Module } from '@nestjs/common';
import { OAuthModule } from '@manifold/oauth';
import { SecretsModule } from '@manifold/secrets';
import { ToolRegistryModule } from '@manifold/tool-registry';
import { ArgumentsDigest } from './arguments-digest.js';
import { AuditController } from './audit.controller.js';
import { AuditLogModule } from './audit-log.module.js';
import { AuditSearch } from './audit-search.service.js';
import { CallAudit } from './call-audit.js';
import { ConnectionAudit } from './connection-audit.js';
import { RequestAudit } from './request-audit.js';

/** Provides the audit log. Needs the global modules that provide Config and Store. */
@Module({
  imports: [AuditLogModule, OAuthModule, SecretsModule, ToolRegistryModule],
  controllers: [AuditController],
  providers: [ArgumentsDigest, AuditSearch, CallAudit, ConnectionAudit, RequestAudit],
})
export class AuditModule {}
