/** How a server speaks MCP: with `initialize` and a session, or with requests that each stand alone (2026-07-28, basic/versioning). */
export type Era = 'legacy' | 'modern';

/** What is known of the era of a server, so that it is asked once and not with each connection. */
export interface EraMemory {
  /** Undefined: it has to be found out. */
  readonly known: Era | undefined;
  found(era: Era): void;
}
