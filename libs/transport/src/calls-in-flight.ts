import type { OpenCall } from '@manifold/tool-provider';
import { UnderWay } from '@manifold/turns';
import type { RequestId } from './json-rpc.js';

/** The requests of one client that are under way, by the ids that the client gave them: `1` and `"1"` are two. */
export class OpenCalls extends UnderWay<RequestId, OpenCall> {}

/** The client is gone, or its session is: nobody waits for these calls any more. */
export function cancelAll(calls: OpenCalls): void {
  for (const call of calls.values()) call.cancel();
}
