/** What a replica says. */
export type Envelope =
  /** An announcement to all. `id`: who takes it in acknowledges it. */
  | { readonly kind: 'announce'; readonly id: number; readonly topic: string; readonly body: unknown }
  | { readonly kind: 'taken'; readonly id: number; readonly answers: readonly unknown[] }
  | { readonly kind: 'tell'; readonly topic: string; readonly body: unknown }
  | { readonly kind: 'ask'; readonly id: number; readonly topic: string; readonly body: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly body: unknown }
  | { readonly kind: 'failed'; readonly id: number }
  /** Looks whether somebody is there. To oneself: whether both connections work. */
  | { readonly kind: 'beat'; readonly id: number }
  /** The sender could not announce for a while. */
  | { readonly kind: 'gap' };

/** An envelope on its way, as JSON. */
export interface BusMessage {
  readonly from: string;
  /** Counts what this replica has sent, from 1. */
  readonly number: number;
  readonly envelope: Envelope;
}

/** @param text as a replica has sealed it. @throws Error for what is no JSON */
export const readMessage = (text: string): BusMessage => JSON.parse(text) as BusMessage;
