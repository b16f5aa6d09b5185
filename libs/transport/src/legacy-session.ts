import type { Principal } from '@manifold/auth';
import type { Stored } from '@manifold/store';
import { ownViewOf, viewOf } from '@manifold/tool-registry';
import type { ClientSession } from './client-session.js';
import { OpenCalls } from './calls-in-flight.js';
import type { LegacyVersion } from './protocol-versions.js';
import type { SessionRecord } from './session-store.js';
import { askable } from './asked-client.js';
import type { ResumableStream } from './resumable-stream.js';
import type { EventOwner } from './session-events.js';
import { takesUrls } from './url-elicitation.js';

/**
 * A session of the legacy era in memory. There are thousands: no timer, no closure, and nothing that a call does not
 * need. The client's name and its other capabilities are in the store.
 */
export interface LegacySession extends ClientSession, EventOwner {
  readonly id: string;
  readonly principalKey: string;
  readonly protocolVersion: LegacyVersion;
  /** The client's GET stream: while it is open, and for a while after. */
  stream?: ResumableStream;
  /** Who has opened it. */
  listener?: Principal;
  /** Epoch milliseconds. */
  lastSeen: number;
  /** `lastSeen` as the store has it. */
  savedSeen: number;
  /** The store's revision that this process knows: a higher one means that another replica served the session. */
  revision: number;
}

export const sessionOf = ({ id, revision, value }: Stored<SessionRecord>, now: number): LegacySession => ({
  id,
  principalKey: value.principal,
  protocolVersion: value.protocolVersion,
  takesUrls: takesUrls(value.capabilities),
  view: value.own === undefined ? viewOf(value.apps, value.mode === 'dynamic') : ownViewOf(value.own),
  capabilities: askable(value.capabilities),
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

/** Takes over what another replica has changed. What it subscribed to waits until the client is found to listen here. */
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

/** Whether nothing has happened for longer than a session may rest. An open stream or a call keeps it alive. */
export const isIdle = (session: LegacySession, now: number, idleMs: number): boolean =>
  !isBusy(session) && now - session.lastSeen > idleMs;

export const isBusy = (session: LegacySession): boolean => session.calls.size > 0 || session.stream?.isOpen === true;
