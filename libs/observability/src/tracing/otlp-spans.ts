import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { VERSION, type TracingConfig } from '@manifold/config';
import type { SpanAttributes, TraceCarrier } from '@manifold/tool-provider';
import { samplerOf } from './sampler.js';
import type { LiveSpan, SpanSource, SpanStart } from './span-source.js';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

/**
 * Creates spans of OpenTelemetry and sends them in batches as OTLP JSON. Nothing is registered globally: contexts are passed as parameters.
 */
export class OtlpSpans implements SpanSource {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;

  /** @param send delivers one body; if it rejects, the spans in the body are lost */
  constructor(settings: TracingConfig, send: (body: string) => Promise<void>) {
    this.provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        'service.version': VERSION,
        ...settings.resource,
        'service.name': settings.serviceName,
      }),
      sampler: samplerOf(settings),
      spanProcessors: [new BatchSpanProcessor(exporter(send))],
    });
    this.tracer = this.provider.getTracer('manifold', VERSION);
  }

  start({ name, kind, parent, link, attributes }: SpanStart): LiveSpan {
    const links = link ? [{ context: spanContextOf(link) }] : [];
    const span = this.tracer.startSpan(
      name,
      { kind: KINDS[kind], attributes: { ...attributes }, links },
      contextOf(parent),
    );
    return new OtlpSpan(span);
  }

  /** Exports the remaining spans, if they can be sent. Never rejects. */
  async close(): Promise<void> {
    await this.provider.shutdown().catch(() => undefined); // `send` has seen the reason
  }
}

class OtlpSpan implements LiveSpan {
  readonly carrier: TraceCarrier;

  constructor(private readonly span: Span) {
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
    const tracestate = traceState?.serialize();
    this.carrier = tracestate ? { traceparent, tracestate } : { traceparent };
  }

  end(error?: string, attributes?: SpanAttributes): void {
    if (attributes) this.span.setAttributes({ ...attributes });
    if (error !== undefined) this.span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}

const contextOf = (carrier: TraceCarrier | undefined): Context =>
  carrier ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(carrier)) : ROOT_CONTEXT;

function spanContextOf({ traceparent, tracestate }: TraceCarrier): SpanContext {
  const [, traceId, spanId, flags] = traceparent.split('-') as [string, string, string, string];
  const traceState = tracestate === undefined ? undefined : createTraceState(tracestate);
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, traceState, isRemote: true };
}

const exporter = (send: (body: string) => Promise<void>): SpanExporter => ({
  export(spans, done) {
    const body = Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? []).toString('utf8');
    send(body).then(
      () => done({ code: 0 }),
      (error: Error) => done({ code: 1, error }),
    );
  },
  shutdown: () => Promise.resolve(),
});
