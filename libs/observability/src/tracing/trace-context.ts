import type { TraceCarrier } from '@manifold/tool-provider';

/** The format of W3C Trace Context, section 3.2. Headers of later versions are accepted only in this format. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Visible characters and spaces: the characters that are valid in a header. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/**
 * Reads the trace context that a client sent.
 * @returns undefined if it is missing or malformed, as the recommendation requires
 */
export function carrierOf(sent: {
  readonly traceparent?: unknown;
  readonly tracestate?: unknown;
}): TraceCarrier | undefined {
  const { traceparent, tracestate } = sent;
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined;
  return typeof tracestate === 'string' && TRACESTATE.test(tracestate) ? { traceparent, tracestate } : { traceparent };
}
