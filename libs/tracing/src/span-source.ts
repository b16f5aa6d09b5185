import type { SpanAttributes, TraceCarrier } from '@manifold/tool-provider';

export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'client';
  readonly parent?: TraceCarrier;
  /** A context that the request came in without being caused by it. */
  readonly link?: TraceCarrier;
  readonly attributes: SpanAttributes;
}

export interface LiveSpan {
  readonly carrier: TraceCarrier;
  /** @param error its class, for `error.type` */
  end(error?: string, attributes?: SpanAttributes): void;
}

/** Makes spans and sees to their export. */
export interface SpanSource {
  start(span: SpanStart): LiveSpan;
}
