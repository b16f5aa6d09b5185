import type { OpenCall } from '@manifold/tool-provider';
import { InFlightMap } from '@manifold/async';
import type { RequestId } from './json-rpc.js';

/** Running requests of one client, keyed by the request ids that the client chose. `1` and `"1"` are different ids. */
export class OpenCalls extends InFlightMap<RequestId, OpenCall> {}

/** Cancels all calls of a client whose connection or session has ended. */
export function cancelAll(calls: OpenCalls): void {
  for (const call of calls.values()) call.cancel();
}
