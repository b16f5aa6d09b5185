export { originOf, sourceOf, type RequestSource } from './request-tracing.js';
export { carrierOf } from './trace-context.js';
export { TraceExportModule, TracingModule } from './tracing.module.js';
export { Tracing, type ServerSpan } from './tracing.js';
