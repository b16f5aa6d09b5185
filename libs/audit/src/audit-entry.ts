export const OUTCOMES = ['ok', 'failed', 'refused'] as const;

/** An action that was done or attempted through the gateway. Contains no argument, no result and no secret. */
export type AuditEvent = {
  /** Time at which the action ended, in epoch milliseconds. */
  time: number;
  tenant: string;
  /** `tools/call`, `authenticate`, `oauth/connect`, `oauth/disconnect`, method and route of a REST request, or `admin` and a command. */
  action: string;
  decision: 'allowed' | 'denied';
  outcome: (typeof OUTCOMES)[number];
  requestId?: string;
  /** `Principal.key`: tenant, issuer and subject as a JSON array. The user of a command has the issuer `command-line`. */
  principal?: string;
  /** `Principal.key` of the service that acted for the principal. */
  actor?: string;
  authMethod?: string;
  /** Object of a REST request: parameters of the route and names in the body. */
  resource?: string;
  /** Name of the registered server or the integration. */
  server?: string;
  tool?: string;
  /** Reason for a failure or refusal: a code of the gateway, or an HTTP status. */
  code?: string;
  /**
   * The reason of a failed or refused action in words: code and message of the problem, for tool calls also the start of what the server
   * says, without arguments and words that may be tokens.
   */
  reason?: string;
  /** Duration in milliseconds. */
  ms?: number;
  /** Size of the request body in bytes. */
  bytes?: number;
  /** Address from which the request came. */
  source?: string;
  /** See ArgumentsDigest. */
  argumentsHash?: string;
  /** Number of similar refusals that this entry stands for. */
  count?: number;
};

/** Entry as it is stored. */
export type AuditEntry = AuditEvent & {
  /** Unique id. If one process writes two entries, the later one has the greater id. */
  id: string;
  /** Host name of the gateway replica that wrote the entry. */
  replica: string;
};

/** Compares entries, newest first. Entries of the same millisecond are ordered by id. */
export const newestFirst = (a: AuditPosition, b: AuditPosition): number =>
  b.time - a.time || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/** A position in the order of entries. */
export type AuditPosition = Pick<AuditEntry, 'time' | 'id'>;
