import { Injectable } from '@nestjs/common';
import type { CallTrace, SpanAttributes, TraceCarrier, UpstreamSpan } from '@manifold/tool-provider';
import type { LiveSpan, SpanSource } from './span-source.js';
import { carrierOf } from './trace-context.js';

/** The span of a client's request within its trace. */
export interface ServerSpan extends CallTrace {
  end(error?: string, attributes?: SpanAttributes): void;
}

/** The possible parents of a request's trace. */
export interface TraceParents {
  /** The trace context of the HTTP request. */
  readonly headers?: TraceCarrier;
  /**
   * `_meta` of the message. It takes precedence, as OpenTelemetry's conventions for MCP say: an HTTP request may carry several messages.
   */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/**
 * Creates the spans of requests. Tracing is off until `use` is called: contexts then pass through unchanged, and a request without a
 * context costs two comparisons.
 */
@Injectable()
export class Tracing {
  private source?: SpanSource;

  get isOn(): boolean {
    return this.source !== undefined;
  }

  /** Turns tracing on. */
  use(source: SpanSource): void {
    this.source = source;
  }

  /**
   * Begins the span of a request.
   * @returns undefined if there is no trace to continue; a returned span must be ended
   */
  begin(name: string, attributes: () => SpanAttributes, { headers, meta }: TraceParents): ServerSpan | undefined {
    const inner = meta?.traceparent === undefined ? undefined : carrierOf(meta);
    const parent = inner ?? headers;
    if (!this.source) return parent && new PassedTrace(parent);
    const link = inner && headers;
    return new TracedRequest(
      this.source.start({ name, kind: 'server', parent, link, attributes: attributes() }),
      this.source,
    );
  }
}

/** A trace context that is passed on unchanged. */
class PassedTrace implements ServerSpan, UpstreamSpan {
  constructor(readonly carrier: TraceCarrier) {}

  upstream(): UpstreamSpan {
    return this;
  }

  end(): void {
    // There is no span.
  }
}

class TracedRequest implements ServerSpan {
  constructor(
    private readonly span: LiveSpan,
    private readonly source: SpanSource,
  ) {}

  get carrier(): TraceCarrier {
    return this.span.carrier;
  }

  upstream(name: string, attributes: SpanAttributes): UpstreamSpan {
    return this.source.start({ name, kind: 'client', parent: this.carrier, attributes });
  }

  end(error?: string, attributes?: SpanAttributes): void {
    this.span.end(error, attributes);
  }
}
