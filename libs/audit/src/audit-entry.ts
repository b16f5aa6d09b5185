export const OUTCOMES = ['ok', 'failed', 'refused'] as const;

/** Something that was done, or was to be done, through the gateway. Holds no argument, no result, no secret. */
export type AuditEvent = {
  /** Epoch milliseconds of its end. */
  time: number;
  tenant: string;
  /** `tools/call`, `authenticate`, `oauth/connect`, `oauth/disconnect`, or method and route of a REST request. */
  action: string;
  decision: 'allowed' | 'denied';
  outcome: (typeof OUTCOMES)[number];
  requestId?: string;
  /** `Principal.key`: tenant, issuer and subject as a JSON array. */
  principal?: string;
  /** The same of the service that acted for the principal. */
  actor?: string;
  authMethod?: string;
  /** What it was done to, by REST: parameters of the route and names in the body. */
  resource?: string;
  /** The registered server or the integration. */
  server?: string;
  tool?: string;
  /** Why it failed or was refused: a code of the gateway, or an HTTP status. */
  code?: string;
  /** Duration in milliseconds. */
  ms?: number;
  /** Of the request's body. */
  bytes?: number;
  /** Address from which the request came. */
  source?: string;
  /** See ArgumentsDigest. */
  argumentsHash?: string;
  /** Stands for so many that were alike. */
  count?: number;
};

/** As it is kept. */
export type AuditEntry = AuditEvent & {
  /** Unique. Of two entries of one process the later one has the greater id. */
  id: string;
  /** Host name of the gateway that wrote it. */
  replica: string;
};

/** Newest first; ids decide between entries of one millisecond. */
export const newestFirst = (a: Place, b: Place): number => b.time - a.time || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/** Where in the order of entries something is. */
export type Place = Pick<AuditEntry, 'time' | 'id'>;
