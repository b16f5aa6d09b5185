import type { Role } from '@manifold/auth';

/** A rule admits the callers that at least one of its lists names. A rule with empty lists admits no caller. */
export type AccessRule = {
  roles?: Role[];
  /** Group names as the caller's issuer uses them. */
  groups?: string[];
  users?: AccessUser[];
};

/** A user. Several issuers may have users of the same name; without an issuer the rule means all of them. */
export type AccessUser = { subject: string; issuer?: string };

/** A rule that restricts tools to some of the callers who see the server. */
export type ToolAccess = AccessRule & {
  /** Names of tools inside the server; `*` stands for any characters. */
  names: string[];
};

/**
 * The callers who see a server, and rules that restrict its tools. If rules name a tool, at least one of them must also admit the caller.
 */
export type ServerAccessRules = AccessRule & { tools?: ToolAccess[] };
