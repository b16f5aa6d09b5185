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

/**
 * Whether a pattern names a tool; `*` stands for any characters. Each part is looked for once, from left to right: no pattern makes this
 * slow (threat 26).
 */
export function namesTool(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
