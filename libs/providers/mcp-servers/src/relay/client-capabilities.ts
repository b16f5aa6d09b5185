import type { CallContext, RawObject } from '@manifold/tool-provider';
import type { LaneUser } from './lane-pool.js';

/** For whom a lane is: one session of one principal, with what its client can do. */
export function laneUserOf({ principal, client }: CallContext): LaneUser {
  const capabilities = client ? declarable(client.capabilities) : {};
  return { key: JSON.stringify([principal.key, client?.sessionKey, capabilities]), capabilities };
}

/** That roots have changed is not relayed, so that a server must ask for them each time. */
function declarable(capabilities: RawObject): RawObject {
  return capabilities.roots === undefined ? capabilities : { ...capabilities, roots: {} };
}
