import type { PlaceHolder } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { Stored } from '@manifold/store';
import { ownViewOf, viewOf } from '@manifold/tool-registry';
import type { ClientSession } from './client-session.js';
import { OpenCalls } from '../json-rpc/calls-in-flight.js';
import type { LegacyVersion } from '../json-rpc/protocol-versions.js';
import type { SessionRecord } from './session-store.js';
import { requestableCapabilities } from './call-client.js';
import type { ResumableStream } from './resumable-stream.js';
import type { EventOwner } from '../streams/session-events.js';
import { takesUrls } from './url-elicitation.js';

/**
 * A session of the legacy era in memory. A process may hold thousands, so a session has no timer, no closure and no data that calls do
 * not need. The client's name and its other capabilities are only in the store.
 */
export interface LegacySession extends ClientSession, EventOwner {
  readonly id: string;
  readonly principalKey: string;
  /** With `principalKey` and `source`, the holder of the session's slot. */
  readonly tenant: string;
  readonly source?: string;
  readonly protocolVersion: LegacyVersion;
  /** The client's GET stream. It is kept for some time after the client has disconnected. */
  stream?: ResumableStream;
  /** Principal that opened `stream`. */
  listener?: Principal;
  /** Time of the client's last activity, in epoch milliseconds. */
  lastSeen: number;
  /** Value of `lastSeen` in the store. */
  savedSeen: number;
  /** Last revision of the store's record that this process knows. A higher one means that another replica has served the session. */
  revision: number;
}

/** @param source see {@link PlaceHolder} */
export const sessionOf = (
  { id, revision, value }: Stored<SessionRecord>,
  source: string | undefined,
  now: number,
): LegacySession => ({
  id,
  principalKey: value.principal,
  tenant: value.tenant,
  source,
  protocolVersion: value.protocolVersion,
  takesUrls: takesUrls(value.capabilities),
  view: value.own === undefined ? viewOf(value.apps, value.mode === 'dynamic') : ownViewOf(value.own),
  capabilities: requestableCapabilities(value.capabilities),
  enabledTools: value.enabledTools ?? NONE,
  logLevel: value.logLevel,
  subscriptions: value.subscriptions?.length ? new Map(value.subscriptions.map((uri) => [uri, undefined])) : undefined,
  calls: new OpenCalls(),
  stream: undefined,
  listener: undefined,
  events: undefined,
  hasEnded: false,
  lastSeen: now,
  savedSeen: value.lastSeen,
  revision,
});

const NONE: readonly string[] = [];

/** Applies changes that another replica has stored. New subscriptions stay inactive until the client opens its stream at this replica. */
export function update(session: LegacySession, { revision, value }: Stored<SessionRecord>): void {
  if (revision <= session.revision) return;
  session.revision = revision;
  session.enabledTools = value.enabledTools ?? NONE;
  session.logLevel = value.logLevel;
  const wanted = new Set(value.subscriptions);
  const known = (session.subscriptions ??= new Map());
  for (const [uri, leave] of known) {
    if (wanted.has(uri)) continue;
    leave?.();
    known.delete(uri);
  }
  for (const uri of wanted) if (!known.has(uri)) known.set(uri, undefined);
}

/** Returns the holder of the session's slot. */
export const holderOf = ({ principalKey: key, tenant, source }: LegacySession): PlaceHolder => ({
  key,
  tenant,
  source,
});

/** Returns whether the session is in the store. Sessions of HTTP+SSE are not. */
export const isStored = (session: ClientSession): session is LegacySession => session.id !== undefined;

/** Returns whether the session has been idle for longer than `idleMs`. A session with an open stream or a running call is not idle. */
export const isIdle = (session: LegacySession, now: number, idleMs: number): boolean =>
  !isBusy(session) && now - session.lastSeen > idleMs;

export const isBusy = (session: LegacySession): boolean => session.calls.size > 0 || session.stream?.isOpen === true;
