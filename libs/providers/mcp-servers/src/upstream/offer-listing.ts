import type { Cancellation } from '@manifold/cancellation';
import { PROMPTS, RESOURCES, TEMPLATES } from './list-kinds.js';
import type { LogRing } from './log-ring.js';
import { everyPage, type ListKind, type Requester } from './paged-list.js';
import { isObject } from './rpc-values.js';
import type { Offer } from './upstream-connection.js';

/** Every page of what a server offers beside tools, as far as its capabilities say that it has any. */
export async function listOffer(
  server: Requester,
  capabilities: unknown,
  log: LogRing,
  signal: Cancellation,
): Promise<Offer> {
  const declared = isObject(capabilities) ? capabilities : {};
  const listed = (kind: ListKind, isDeclared: boolean) => (isDeclared ? everyPage(server, kind, log, signal) : []);
  const [resources, templates, prompts] = await Promise.all([
    listed(RESOURCES, 'resources' in declared),
    listed(TEMPLATES, 'resources' in declared),
    listed(PROMPTS, 'prompts' in declared),
  ]);
  return { resources, templates, prompts };
}
