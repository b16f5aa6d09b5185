import { Module } from '@nestjs/common';
import { RequestTracing } from './request-tracing.js';
import { TraceExport } from './trace-export.js';
import { Tracing } from './tracing.js';

/** For whoever begins or continues traces. */
@Module({ providers: [Tracing], exports: [Tracing] })
export class TracingModule {}

/** Follows all requests, and exports what is seen. Needs the global modules that provide Config and Egress. */
@Module({ imports: [TracingModule], providers: [RequestTracing, TraceExport] })
export class TraceExportModule {}
