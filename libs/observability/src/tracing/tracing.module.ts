import { Module } from '@nestjs/common';
import { RequestTracing } from './request-tracing.js';
import { TraceExport } from './trace-export.js';
import { Tracing } from './tracing.js';

/** Provides `Tracing` to modules that begin or continue traces. */
@Module({ providers: [Tracing], exports: [Tracing] })
export class TracingModule {}

/** Traces all requests and exports the spans. Needs the global modules that provide Config and Egress. */
@Module({ imports: [TracingModule], providers: [RequestTracing, TraceExport] })
export class TraceExportModule {}
