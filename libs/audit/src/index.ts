// Audit log: calls of tools, changes over REST, refused requests and OAuth connections, each with its principal.
// It listens to other libraries; none of them calls it. It stores arguments as digests only.
export { SEALED_AUDIT_KEY } from './arguments-digest.js';
export { AuditModule } from './audit.module.js';
