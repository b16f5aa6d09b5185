import { tupleKey } from '@manifold/async';
import type { CallContext, RawObject } from '@manifold/tool-provider';
import type { ConnectionOwner } from './dedicated-connection-pool.js';

/** Returns the owner of a dedicated connection: one session of one principal, with the capabilities of its client. */
export function connectionOwnerOf({ principal, client }: CallContext): ConnectionOwner {
  const capabilities = client ? declarable(client.capabilities) : {};
  return { key: tupleKey(principal.key, client?.sessionKey, capabilities), capabilities };
}

/** Removes `roots.listChanged`, because the gateway does not relay changes of roots. The server has to request them each time. */
function declarable(capabilities: RawObject): RawObject {
  return capabilities.roots === undefined ? capabilities : { ...capabilities, roots: {} };
}
