// Logs, health and traces, and the route of the metrics.
// Every module may write to the log. The log contains neither secrets nor arguments of calls.
export { GatewayHealth } from './health.controller.js';
export { createLog, PinoLogger } from './log.js';
export { ObservabilityModule } from './observability.module.js';
export { requestIdOf } from './request-log.js';
export { originOf, sourceOf, type RequestSource } from './tracing/request-tracing.js';
export { carrierOf } from './tracing/trace-context.js';
export { TraceExportModule, TracingModule } from './tracing/tracing.module.js';
export { Tracing, type ServerSpan } from './tracing/tracing.js';
