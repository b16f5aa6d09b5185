/**
 * The protocol era of a server: `legacy` with `initialize` and a session, or `modern` with independent requests
 * (2026-07-28, basic/versioning).
 */
export type Era = 'legacy' | 'modern';

/** Remembers the era of a server, so that it is probed once and not with each connection. */
export interface EraMemory {
  /** Undefined if the server has to be probed. */
  readonly known: Era | undefined;
  found(era: Era): void;
}
