import type { Principal } from '@manifold/auth';
import type { AccessRule } from '@manifold/server-hosting';

/** Whether a rule lets somebody in: one list that names them is enough. */
export function admits({ roles = [], groups = [], users = [] }: AccessRule, principal: Principal): boolean {
  return (
    roles.some((role) => principal.roles.includes(role)) ||
    groups.some((group) => principal.groups?.includes(group)) ||
    // One subject of two issuers is two users (threat 6): whoever means one of them names the issuer.
    users.some(
      ({ subject, issuer }) => subject === principal.subject && (issuer === undefined || issuer === principal.issuer),
    )
  );
}
