import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';
import { AuditRecords } from './audit-records.js';

/** Provides the log itself, without what listens to the gateway. Needs the global modules that provide Config and Store. */
@Module({ providers: [AuditLog, AuditRecords], exports: [AuditLog, AuditRecords] })
export class AuditLogModule {}
