import { setTimeout as delay } from 'node:timers/promises';
import { isObject, untilAborted } from '@manifold/async';
import { ProviderError } from '@manifold/tool-provider';
import { handshake } from './handshake.js';
import type { JsonRpcConnection } from './json-rpc/json-rpc-connection.js';
import { envelope, MODERN_VERSION, SERVER_INFO_KEY } from './protocol/modern-envelope.js';
import type { Transport } from './protocol/transport.js';
import type { RawObject } from './protocol/upstream-connection.js';

/** Time to wait for the answer to `server/discover`. A modern server that has started answers sooner. */
const PROBE_PATIENCE_MS = 1_000;
/** Time within which the end of a server that does not read any more becomes known. */
const ENDS_WITHIN_MS = 1_000;
const LATE = Symbol();

/** Thrown if the process ends on the probe for its era. Some legacy servers do so if the first message is not `initialize`. */
export class EndedByProbeError extends Error {
  constructor(cause: unknown) {
    super('The server ended on the request server/discover', { cause });
  }
}

/** The result of a negotiation: in the modern era that of `server/discover`, in the legacy era that of `initialize`. */
export type Negotiated =
  | { readonly era: 'modern'; readonly introduction: RawObject }
  | { readonly era: 'legacy'; readonly initializeResult: RawObject };

/**
 * Probes a server with `server/discover`.
 * @returns capabilities, instructions and serverInfo, in the form of an `initialize` result; undefined if the server is not
 *   modern
 * @throws ProviderError when the server does not answer
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
 * Finds out over one transport which era a server supports (2026-07-28, basic/versioning, "Backward compatibility"). A
 * server that does not answer in time may be starting, or may ignore unknown methods. It is then sent `initialize` as well,
 * and the era of the request that it answers with a result is used.
 * @param clientCapabilities see {@link handshake}
 * @param patienceMs how long the probe alone waits for an answer
 * @throws EndedByProbeError, ProviderError
 */
export async function negotiate(
  rpc: JsonRpcConnection,
  transport: Transport,
  signal: AbortSignal,
  clientCapabilities?: RawObject,
  patienceMs = PROBE_PATIENCE_MS,
): Promise<Negotiated> {
  signal.throwIfAborted();
  // The probe must not be cancelled, because a legacy server expects no further message before `initialize`.
  const answer = discover(rpc, new AbortController().signal);
  let isAnswered = false;
  void answer.then(
    () => (isAnswered = true),
    () => undefined,
  );
  const ended = new Promise<boolean>((resolve) => rpc.onClosed(() => resolve(true)));
  const waiting = new AbortController();
  const race = Promise.race([answer, delay(patienceMs, LATE, { signal: waiting.signal })]).finally(() =>
    waiting.abort(),
  );
  const first = await untilAborted(race, signal).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw new EndedByProbeError(cause);
  });
  if (first !== LATE) {
    if (first) return { era: 'modern', introduction: first };
    return { era: 'legacy', initializeResult: await handshake(rpc, transport, signal, clientCapabilities) };
  }
  const late = answer.catch(() => undefined);
  try {
    return { era: 'legacy', initializeResult: await handshake(rpc, transport, signal, clientCapabilities) };
  } catch (error) {
    const isRefused = error instanceof ProviderError && error.rpcError !== undefined;
    const introduction = isRefused ? await late : undefined;
    if (introduction) return { era: 'modern', introduction };
    if (isRefused || isAnswered || signal.aborted) throw error;
    // A server that starts slowly ends when it reads the probe, and `initialize` was sent by then. Its end may be known a moment later.
    throw (await Promise.race([ended, delay(ENDS_WITHIN_MS, false)])) ? new EndedByProbeError(error) : error;
  }
}
