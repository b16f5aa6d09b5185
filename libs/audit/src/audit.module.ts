import { Module } from '@nestjs/common';
import { SecretsModule } from '@manifold/secrets';
import { ToolRegistryModule } from '@manifold/tool-registry';
import { ArgumentsDigest } from './arguments-digest.js';
import { AuditController } from './audit.controller.js';
import { AuditLog } from './audit-log.js';
import { AuditRecords } from './audit-records.js';
import { AuditSearch } from './audit-search.service.js';
import { CallAudit } from './call-audit.js';
import { RequestAudit } from './request-audit.js';

/** Who did what. Needs the global modules that provide Config and Store. */
@Module({
  imports: [SecretsModule, ToolRegistryModule],
  controllers: [AuditController],
  providers: [ArgumentsDigest, AuditLog, AuditRecords, AuditSearch, CallAudit, RequestAudit],
})
export class AuditModule {}
