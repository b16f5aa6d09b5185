// Audit log: calls of tools, changes over REST, refused requests, OAuth connections and commands, each with its principal.
// It listens to other libraries; none of them calls it. It stores arguments as digests only.
export { SEALED_AUDIT_KEY } from './arguments-digest.js';
export { AuditLog } from './audit-log.js';
export { AuditLogModule } from './audit-log.module.js';
export { AuditRecords } from './audit-records.js';
export { AuditModule } from './audit.module.js';
