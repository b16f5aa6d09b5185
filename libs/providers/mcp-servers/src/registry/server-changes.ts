import { isDeepStrictEqual } from 'node:util';
import { programOf, type ServerRecord, type ServerSupervisor } from '@manifold/mcp-hosting';
import { ProblemError } from '@manifold/rest';

/**
 * Checks whether the tenant may run a new or changed server. A change that neither enables a server nor changes its program is always
 * allowed, so that a server that the policy forbids can be disabled and described.
 * @throws ProblemError 403 `stdio_not_allowed`
 */
export async function requireAllowed(
  supervisor: Pick<ServerSupervisor, 'check'>,
  after: ServerRecord,
  before?: ServerRecord,
): Promise<void> {
  const isEnabled = after.enabled && before?.enabled === false;
  if (before && !isEnabled && isDeepStrictEqual(programOf(before), programOf(after))) return;
  await supervisor.check(after);
}

/** Returns the URL of a remote server. */
export const urlOf = ({ transport }: ServerRecord): string | undefined =>
  transport.transportType === 'streamable_http' ? transport.url : undefined;

export const changedMeanwhile = (name: string): ProblemError =>
  new ProblemError(409, 'server_changed', `Server ${name} was changed while new settings were tried`);
