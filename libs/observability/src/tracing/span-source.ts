import type { SpanAttributes, TraceCarrier } from '@manifold/tool-provider';

export interface SpanStart {
  readonly name: string;
  readonly kind: 'server' | 'client';
  readonly parent?: TraceCarrier;
  /** The context of a transport request that carried this request but did not cause it. */
  readonly link?: TraceCarrier;
  readonly attributes: SpanAttributes;
}

export interface LiveSpan {
  readonly carrier: TraceCarrier;
  /** @param error the class of the error, for `error.type` */
  end(error?: string, attributes?: SpanAttributes): void;
}

/** Creates spans and exports them. */
export interface SpanSource {
  start(span: SpanStart): LiveSpan;
}
