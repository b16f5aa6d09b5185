import type { Dispatcher } from 'undici';
import { EgressError } from './egress-error.js';
import type { EgressLimits } from './egress-limits.js';

/** An answer that was read to its end. */
export interface WholeAnswer {
  readonly status: number;
  /** By lower-case name; the values of a repeated header are joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/**
 * Reads an answer to its end. The time between two pieces is limited by the request's `bodyTimeout`.
 * @throws EgressError `too_large`, `timeout`
 */
export async function readWhole(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  host: string,
  limits: EgressLimits,
): Promise<WholeAnswer> {
  const deadline = Date.now() + limits.bodyMs;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop by throwing hangs up.
    if (bytes > limits.bytes) throw new EgressError('too_large', `The answer of ${host} is too large`);
    if (Date.now() > deadline) throw new EgressError('timeout', `${host} took too long over its answer`);
    chunks.push(chunk);
  }
  const text = chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks, bytes).toString();
  return { status: statusCode, headers: joined(headers), text };
}

function joined(headers: Dispatcher.ResponseData['headers']): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return all;
}
