/** A message between the two replicas of a call. The id is the caller's. */
export type CallEnvelope = FromCaller | FromCalled;

/** Messages of the caller. */
export type FromCaller =
  /** Starts the call. */
  | { readonly kind: 'ask'; readonly id: number; readonly topic: string; readonly body: unknown }
  /** Replies to the side message with this number. */
  | { readonly kind: 'reply'; readonly id: number; readonly number: number; readonly body?: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly number: number; readonly error?: unknown }
  | { readonly kind: 'cancel'; readonly id: number; readonly reason?: unknown }
  /** Says from time to time that the caller waits, and how many replies it has sent. */
  | { readonly kind: 'waiting'; readonly id: number; readonly replies: number };

/** Messages of the called replica. */
export type FromCalled =
  /** A side message. A number asks for a reply. */
  | { readonly kind: 'side'; readonly id: number; readonly body: unknown; readonly number?: number }
  | { readonly kind: 'answer'; readonly id: number; readonly body?: unknown }
  /** The call has failed. Without an error: in a way that the caller does not learn, or the call is not known. */
  | { readonly kind: 'failed'; readonly id: number; readonly error?: unknown }
  /** Says from time to time that the call runs, and how many side messages it has sent. */
  | { readonly kind: 'running'; readonly id: number; readonly sides: number };

/**
 * Sends an envelope to a replica. Envelopes to the same replica arrive in order, or are lost.
 * @throws ReplicaGoneError when no process received it
 */
export type Send = (replica: string, envelope: CallEnvelope) => Promise<void>;
