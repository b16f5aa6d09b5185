/** Trace context of a request (W3C Trace Context), as sent in headers and in `_meta` (SEP-414). Both fields are well-formed. */
export interface TraceCarrier {
  readonly traceparent: string;
  readonly tracestate?: string;
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Span of a request to an upstream, a part of the call's trace. */
export interface UpstreamSpan {
  /** Trace context that is sent to the upstream. */
  readonly carrier: TraceCarrier;
  /** @param error class of the error: a code or a status, never a message */
  end(error?: string, attributes?: SpanAttributes): void;
}

/** Trace that a call belongs to. */
export interface CallTrace {
  readonly carrier: TraceCarrier;
  /**
   * Starts the span of a request to an upstream. The caller must end the span.
   * @param attributes attributes with OpenTelemetry names; no arguments, results, headers, secrets or query strings
   */
  upstream(name: string, attributes: SpanAttributes): UpstreamSpan;
}
