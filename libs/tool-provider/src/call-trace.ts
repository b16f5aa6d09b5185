/** The place of a request in a distributed trace (W3C Trace Context), as headers and `_meta` carry it (SEP-414). Both are well-formed. */
export interface TraceCarrier {
  readonly traceparent: string;
  readonly tracestate?: string;
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** A request to an upstream, as a part of the call's trace. */
export interface UpstreamSpan {
  /** What the upstream is told. */
  readonly carrier: TraceCarrier;
  /** @param error its class in few words: a code or a status, never a message */
  end(error?: string, attributes?: SpanAttributes): void;
}

/** The trace that a call belongs to. */
export interface CallTrace {
  readonly carrier: TraceCarrier;
  /**
   * Begins a request to an upstream. It must be ended.
   * @param attributes as OpenTelemetry names them; no arguments, results, headers, secrets or query strings
   */
  upstream(name: string, attributes: SpanAttributes): UpstreamSpan;
}
