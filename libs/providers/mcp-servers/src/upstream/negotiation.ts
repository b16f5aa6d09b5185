import { setTimeout as delay } from 'node:timers/promises';
import { untilAborted } from '@manifold/cancellation';
import { ProviderError } from '@manifold/tool-provider';
import { handshake } from './handshake.js';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import { envelope, MODERN_VERSION, SERVER_INFO_KEY } from './modern-envelope.js';
import type { Pipe } from './pipe.js';
import { isObject } from './rpc-values.js';
import type { RawObject } from './upstream-connection.js';

/** A server that has started and knows the question answers sooner. */
const PATIENCE_MS = 1_000;
const LATE = Symbol();

/** The process ended when it was asked for its era, which some do that want to hear `initialize` first. */
export class EndedByQuestion extends Error {}

/** What came out of a negotiation: of the modern era the result of `server/discover`, of the legacy era that of `initialize`. */
export type Negotiated =
  | { readonly era: 'modern'; readonly introduction: RawObject }
  | { readonly era: 'legacy'; readonly initializeResult: RawObject };

/**
 * Asks a server what it is.
 * @returns capabilities, instructions and serverInfo, as `initialize` would say them; undefined: it is not of the modern era
 * @throws ProviderError when it gives no answer
 */
export async function discover(rpc: JsonRpcConnection, signal: AbortSignal): Promise<RawObject | undefined> {
  try {
    const result = await rpc.request('server/discover', {}, { signal, meta: envelope({}, {}) });
    const { supportedVersions, capabilities, instructions, _meta: meta } = result;
    if (!Array.isArray(supportedVersions) || !supportedVersions.includes(MODERN_VERSION)) return undefined;
    const serverInfo = isObject(meta) ? meta[SERVER_INFO_KEY] : undefined;
    return { capabilities, instructions, serverInfo };
  } catch (error) {
    if (error instanceof ProviderError && error.rpcError) return undefined;
    throw error;
  }
}

/**
 * Finds out over one pipe in which era a server speaks (2026-07-28, basic/versioning, "Backward compatibility"). One that takes its
 * time may be starting, or ignore what it does not know: it is asked in the words of the legacy era too, and what it then
 * understands counts.
 * @param lane see {@link handshake}
 * @throws EndedByQuestion, ProviderError
 */
export async function negotiate(
  rpc: JsonRpcConnection,
  pipe: Pipe,
  signal: AbortSignal,
  lane?: RawObject,
): Promise<Negotiated> {
  signal.throwIfAborted();
  // It must not be cancelled: that would be one more message that nobody of the legacy era expects now.
  const answer = discover(rpc, new AbortController().signal);
  const waiting = new AbortController();
  const race = Promise.race([answer, delay(PATIENCE_MS, LATE, { signal: waiting.signal })]).finally(() =>
    waiting.abort(),
  );
  const first = await untilAborted(race, signal).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new EndedByQuestion('It ended when it was asked for its era', { cause });
  });
  if (first !== LATE) {
    if (first) return { era: 'modern', introduction: first };
    return { era: 'legacy', initializeResult: await handshake(rpc, pipe, signal, lane) };
  }
  const late = answer.catch(() => undefined);
  try {
    return { era: 'legacy', initializeResult: await handshake(rpc, pipe, signal, lane) };
  } catch (error) {
    const introduction = error instanceof ProviderError && error.rpcError ? await late : undefined;
    if (introduction) return { era: 'modern', introduction };
    throw error;
  }
}
