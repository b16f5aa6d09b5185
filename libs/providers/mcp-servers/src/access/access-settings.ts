import { isDeepStrictEqual } from 'node:util';
import { invalidRequest } from '@manifold/rest';
import type { AccessRule, ServerAccessRules } from '@manifold/server-hosting';
import type { ServerRecord } from '../server-record.js';

/**
 * Rules as they are stored: plain, and without members that say nothing.
 * @throws Problem 400 for rules of tools where nobody sees the server
 */
export function accessRules({ tools, ...rule }: ServerAccessRules): ServerAccessRules {
  const stored = plain(rule);
  if (tools === undefined) return stored;
  if (tools.length > 0 && Object.keys(stored).length === 0) {
    const detail = 'access lets nobody in: tools needs roles, groups or users beside it (roles: ["user"] is everybody)';
    throw invalidRequest([{ pointer: '/access', code: 'does_not_fit', detail }]);
  }
  return { ...stored, tools: tools.map(({ names, ...own }) => ({ names: [...names], ...plain(own) })) };
}

const plain = ({ roles, groups, users }: AccessRule): AccessRule => ({
  ...(roles && { roles: [...roles] }),
  ...(groups && { groups: [...groups] }),
  ...(users && { users: users.map(({ subject, issuer }) => ({ subject, ...(issuer !== undefined && { issuer }) })) }),
});

/** Whether two records of a server say the same, but for who sees it. */
export const differInAccessAlone = (one: ServerRecord, other: ServerRecord): boolean =>
  !isDeepStrictEqual(one.access, other.access) && isDeepStrictEqual(whatRuns(one), whatRuns(other));

/** What a record says of the server that runs: where it is different, the server is started anew. Plain, as the store gives it back. */
export const whatRuns = (record: ServerRecord): unknown =>
  JSON.parse(JSON.stringify({ ...record, access: undefined, updatedAt: undefined }));
