import type { OpenCall } from '@manifold/tool-provider';
import { InFlightMap } from '@manifold/async';
import type { RequestId } from './json-rpc.js';

interface OpenRequest {
  readonly id: RequestId;
  readonly call: OpenCall;
}

/**
 * Running requests of one client, keyed by numbers that the gateway gives them. The client chooses the ids of requests, and some clients send several
 * requests with one id at the same time. Each of them has an answer of its own. `1` and `"1"` are different ids.
 */
export class OpenCalls extends InFlightMap<number, OpenRequest> {
  /**
   * Cancels the request with this id. If there are several, it is the one that has run longest: a client that gives up a request has waited
   * for it longer than for those that it has sent since, and one notification must not cancel requests that the client still waits for.
   * @returns false if there is none
   */
  cancel(id: RequestId): boolean {
    for (const request of this.values()) {
      if (request.id !== id || request.call.context.cancellation.aborted) continue;
      request.call.cancel();
      return true;
    }
    return false;
  }
}

/** Cancels all calls of a client whose connection or session has ended. */
export function cancelAll(calls: OpenCalls): void {
  for (const { call } of calls.values()) call.cancel();
}
