export { SEALED_AUDIT_KEY } from './arguments-digest.js';
export { AuditModule } from './audit.module.js';
