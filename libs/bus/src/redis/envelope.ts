import type { CallEnvelope } from '../calls/call-envelope.js';

/** A message from one replica to another, or to all. */
export type Envelope =
  /** An announcement to all replicas. Each replica acknowledges the `id` when it has processed the announcement. */
  | { readonly kind: 'announce'; readonly id: number; readonly topic: string; readonly body: unknown }
  | { readonly kind: 'taken'; readonly id: number; readonly answers: readonly unknown[] }
  | CallEnvelope
  /** The replica sends it to itself, to check both connections. */
  | { readonly kind: 'beat'; readonly id: number }
  /** The sender could not announce for a while. */
  | { readonly kind: 'gap' };

/** An envelope with its sender and number, transmitted as JSON. */
export interface BusMessage {
  readonly from: string;
  /** Sequence number of the message at its sender, from 1. */
  readonly number: number;
  readonly envelope: Envelope;
}

/**
 * Parses a message.
 * @param text the message as a replica has sealed it
 * @throws Error for a text that is not JSON
 */
export const readMessage = (text: string): BusMessage => JSON.parse(text) as BusMessage;
