import type { Stored } from '@manifold/store';
import { ownViewOf, viewOf, type View } from '@manifold/tool-registry';
import type { OpenCalls } from './calls-in-flight.js';
import type { EventStream } from './event-stream.js';
import type { LegacyVersion } from './protocol-versions.js';
import type { SessionRecord } from './session-store.js';
import { takesUrls } from './url-elicitation.js';

/**
 * A session of the legacy era in memory. There are thousands: no timer, no closure, and nothing that a call does not
 * need. The client's name and its other capabilities are in the store.
 */
export interface LegacySession {
  readonly id: string;
  readonly principalKey: string;
  readonly protocolVersion: LegacyVersion;
  readonly takesUrls: boolean;
  /** What the URL of `initialize` asked for. */
  readonly view: View;
  /** In dynamic mode: the public names of the tools that the client has enabled. */
  enabledTools: readonly string[];
  readonly calls: OpenCalls;
  /** The client's GET stream, while it is open. */
  stream?: EventStream;
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
  enabledTools: value.enabledTools ?? NONE,
  calls: new Map(),
  stream: undefined,
  lastSeen: now,
  savedSeen: value.lastSeen,
  revision,
});

const NONE: readonly string[] = [];

/** Whether nothing has happened for longer than a session may rest. An open stream or a call keeps it alive. */
export const isIdle = (session: LegacySession, now: number, idleMs: number): boolean =>
  !isBusy(session) && now - session.lastSeen > idleMs;

export const isBusy = (session: LegacySession): boolean => session.calls.size > 0 || session.stream !== undefined;
