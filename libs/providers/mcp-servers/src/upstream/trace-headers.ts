import { carrierOf } from '@manifold/tracing';
import { isObject } from './rpc-values.js';
import type { RawObject } from './upstream-connection.js';

/** The trace of a request as HTTP headers: the one that its `_meta` names, where it is well-formed. */
export function traceHeaders({ _meta: meta }: RawObject): Readonly<Record<string, string>> {
  const carrier = isObject(meta) && meta.traceparent !== undefined ? carrierOf(meta) : undefined;
  return { ...carrier };
}
