/** A message on its way, as JSON. Members are short because there are many. */
export type Envelope =
  /** An announcement to all. `id`: who takes it in acknowledges it. */
  | {
      readonly kind: 'announce';
      readonly id: number;
      readonly from: string;
      readonly topic: string;
      readonly body: unknown;
    }
  | { readonly kind: 'taken'; readonly id: number; readonly answers: readonly unknown[] }
  | { readonly kind: 'tell'; readonly from: string; readonly topic: string; readonly body: unknown }
  | { readonly kind: 'ask'; readonly id: number; readonly from: string; readonly topic: string; readonly body: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly body: unknown }
  | { readonly kind: 'failed'; readonly id: number }
  /** Looks whether somebody is there. To oneself: whether both connections work. */
  | { readonly kind: 'beat'; readonly id: number }
  /** The sender could not announce for a while. */
  | { readonly kind: 'gap'; readonly from: string };

/** @returns undefined for what no replica has written */
export function readEnvelope(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'kind' in value ? (value as Envelope) : undefined;
  } catch {
    return undefined;
  }
}
