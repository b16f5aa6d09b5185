import { Injectable } from '@nestjs/common';
import type { CallTrace, SpanAttributes, TraceCarrier, UpstreamSpan } from '@manifold/tool-provider';
import type { LiveSpan, SpanSource } from './span-source.js';
import { carrierOf } from './trace-context.js';

/** A request of a client, as a part of its trace. */
export interface ServerSpan extends CallTrace {
  end(error?: string, attributes?: SpanAttributes): void;
}

/** Where the trace of a request comes from. */
export interface TraceParents {
  /** Of the HTTP request. */
  readonly headers?: TraceCarrier;
  /** `_meta` of the message. It wins, as OpenTelemetry's conventions for MCP say: HTTP requests may carry several messages. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/**
 * The traces that requests belong to. Off unless somebody calls `use`: then contexts pass through unchanged, and a request without one
 * costs two comparisons.
 */
@Injectable()
export class Tracing {
  private source?: SpanSource;

  get isOn(): boolean {
    return this.source !== undefined;
  }

  /** From now on there are spans. */
  use(source: SpanSource): void {
    this.source = source;
  }

  /** @returns nothing where there is nothing to pass on. What there is must be ended */
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

/** What came goes on as it is. */
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
