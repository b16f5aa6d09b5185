import type { Principal } from '@manifold/auth';
import type { AccessRule } from '@manifold/server-model';

/** Returns whether a rule admits a principal. A match in one of its lists is enough. */
export function admits({ roles = [], groups = [], users = [] }: AccessRule, principal: Principal): boolean {
  return (
    roles.some((role) => principal.roles.includes(role)) ||
    groups.some((group) => principal.groups?.includes(group)) ||
    // The same subject at two issuers is two users (threat 6). A rule with an issuer admits only one of them.
    users.some(
      ({ subject, issuer }) => subject === principal.subject && (issuer === undefined || issuer === principal.issuer),
    )
  );
}
