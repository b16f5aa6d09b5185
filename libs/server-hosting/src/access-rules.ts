import type { Role } from '@manifold/auth';

/** Whom a rule lets in: whoever one of its lists names. A rule whose lists name nobody lets nobody in. */
export type AccessRule = {
  roles?: Role[];
  /** As the caller's issuer calls them. */
  groups?: string[];
  users?: AccessUser[];
};

/** Two issuers may have users of one name: without an issuer it means all of them. */
export type AccessUser = { subject: string; issuer?: string };

/** Of tools that are for fewer than see the server. */
export type ToolAccess = AccessRule & {
  /** Names of tools inside the server; `*` stands for any characters. */
  names: string[];
};

/** Who sees a server, and who does not see all of its tools: of the rules whose names fit a tool, one has to let the caller in. */
export type ServerAccessRules = AccessRule & { tools?: ToolAccess[] };
