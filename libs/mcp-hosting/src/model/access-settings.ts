import { isDeepStrictEqual } from 'node:util';
import { invalidRequest } from '@manifold/rest';
import type { AccessRule, ServerAccessRules } from '@manifold/server-model';
import type { ServerRecord } from './server-record.js';

/**
 * Returns the rules in the form in which they are stored: plain objects without undefined members.
 * @throws ProblemError 400 if there are rules for tools but no user may see the server
 */
export function accessRules({ tools, ...rule }: ServerAccessRules): ServerAccessRules {
  const stored = plain(rule);
  if (tools === undefined) return stored;
  if (tools.length > 0 && Object.keys(stored).length === 0) {
    const detail = 'access admits no caller: add roles, groups or users beside tools (roles: ["user"] admits all)';
    throw invalidRequest([{ pointer: '/access', code: 'does_not_fit', detail }]);
  }
  return { ...stored, tools: tools.map(({ names, ...own }) => ({ names: [...names], ...plain(own) })) };
}

const plain = ({ roles, groups, users }: AccessRule): AccessRule => ({
  ...(roles && { roles: [...roles] }),
  ...(groups && { groups: [...groups] }),
  ...(users && { users: users.map(({ subject, issuer }) => ({ subject, ...(issuer !== undefined && { issuer }) })) }),
});

/** Returns whether two records of a server differ only in their access rules. */
export const differInAccessAlone = (one: ServerRecord, other: ServerRecord): boolean =>
  !isDeepStrictEqual(one.access, other.access) && isDeepStrictEqual(whatRuns(one), whatRuns(other));

/**
 * Returns the settings of a record that affect the running server. If they change, the server is restarted. The result is
 * plain, like a record from the store.
 */
export const whatRuns = (record: ServerRecord): unknown =>
  JSON.parse(JSON.stringify({ ...record, access: undefined, updatedAt: undefined }));
