import { isObject } from '@manifold/async';
import { carrierOf } from '@manifold/observability';
import type { RawObject } from './upstream-connection.js';

/** Returns the trace context in the `_meta` of a request as HTTP headers, if it is well-formed. */
export function traceHeaders({ _meta: meta }: RawObject): Readonly<Record<string, string>> {
  const carrier = isObject(meta) && meta.traceparent !== undefined ? carrierOf(meta) : undefined;
  return { ...carrier };
}
