export { GatewayHealth } from './health.controller.js';
export { createLog, PinoLogger } from './log.js';
export { ObservabilityModule } from './observability.module.js';
export { requestIdOf } from './request-log.js';
