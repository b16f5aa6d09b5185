import { type Cancellation, isObject } from '@manifold/async';
import { PROMPTS, RESOURCES, TEMPLATES } from './list-kinds.js';
import type { LogRing } from '../protocol/log-ring.js';
import { everyPage, type ListKind, type Requester } from './paged-list.js';
import type { Primitives } from '../protocol/upstream-connection.js';

/** Lists every page of the resources, templates and prompts that the capabilities of a server declare. */
export async function listPrimitives(
  server: Requester,
  capabilities: unknown,
  log: LogRing,
  signal: Cancellation,
): Promise<Primitives> {
  const declared = isObject(capabilities) ? capabilities : {};
  const listed = (kind: ListKind, isDeclared: boolean) => (isDeclared ? everyPage(server, kind, log, signal) : []);
  const [resources, templates, prompts] = await Promise.all([
    listed(RESOURCES, 'resources' in declared),
    listed(TEMPLATES, 'resources' in declared),
    listed(PROMPTS, 'prompts' in declared),
  ]);
  return { resources, templates, prompts };
}
