import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Bus, OnAnnounced, Topic } from '@manifold/bus';
import type { LegacySession } from '../sessions/legacy-session.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';
import { isStanding } from '../streams/event-id.js';
import { EventLog } from '../streams/event-log.js';

/** Milliseconds to wait for the end of a client's old connection when the client has just reconnected. */
const FAREWELL_MS = 250;

interface StreamWanted {
  readonly session: string;
  readonly stream?: string;
}

/**
 * Announces that a client wants to open a stream at the sending replica, either the named stream or a new one.
 *
 * A replica answers true if it has another open GET stream of the session. Otherwise it ends its GET stream, if a GET stream is wanted,
 * so that nothing is added to it. It writes the session's events to the store and then answers false.
 */
const STREAM_WANTED = new Topic<StreamWanted, boolean>('sessions.stream');

/** Moves the stream of a session to the replica at which its client reconnects. */
@Injectable()
export class StreamHandover {
  constructor(
    private readonly sessions: LegacySessions,
    private readonly log: EventLog,
    private readonly bus: Bus,
  ) {}

  /**
   * Asks the other replicas for a stream of a session.
   * @param stream id of the stream that the client resumes; undefined: a new GET stream
   * @returns whether another replica has an open GET stream of the session
   */
  async claim(session: LegacySession, stream: string | undefined): Promise<boolean> {
    return (await this.bus.announce(STREAM_WANTED, { session: session.id, stream })).includes(true);
  }

  @OnAnnounced(STREAM_WANTED)
  async handOver({ session: id, stream: wanted }: StreamWanted): Promise<boolean> {
    const session = this.sessions.served(id);
    if (!session) return false;
    const isForAnswer = wanted !== undefined && !isStanding(wanted);
    if (!isForAnswer) {
      if (wanted !== session.stream?.id && !(await isFree(session))) return true;
      session.stream?.end();
    }
    await this.log.save(session);
    return false;
  }
}

/** Returns whether the session's stream is closed. Waits a moment for an open connection to end. */
export async function isFree({ stream }: LegacySession): Promise<boolean> {
  if (stream?.isOpen) await Promise.race([stream.whenLeft(), setTimeout(FAREWELL_MS)]);
  return !stream?.isOpen;
}
