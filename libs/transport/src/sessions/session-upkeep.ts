import { setImmediate } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '@manifold/config';
import { isBusy } from './legacy-session.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { SessionStore } from './session-store.js';

const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 30_000;

/**
 * Runs the one timer of all sessions, outside of requests. It ends idle sessions, ends streams whose client has not reconnected, and
 * saves when each session was last seen.
 */
@Injectable()
export class SessionUpkeep implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(SessionUpkeep.name);
  private timer?: NodeJS.Timeout;
  private running = false;

  constructor(
    private readonly sessions: LegacySessions,
    private readonly store: SessionStore,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const interval = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, this.config.sessionIdleTimeoutMs / 8));
    this.timer = setInterval(() => void this.run(Date.now()), interval).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async run(now: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      this.sessions.endIdle(now);
      for (const { stream } of this.sessions.all()) stream?.endIfLeft(now);
      await this.saveLastSeen(now);
    } catch (err) {
      this.logger.warn({ msg: 'failed to save when sessions were last used', err });
    } finally {
      this.running = false;
    }
  }

  private async saveLastSeen(now: number): Promise<void> {
    const lag = this.config.sessionIdleTimeoutMs / 4;
    for (const session of [...this.sessions.all()]) {
      if (isBusy(session)) session.lastSeen = now;
      if (session.lastSeen - session.savedSeen < lag) continue;
      const { id, lastSeen } = session;
      session.revision = Math.max(session.revision, (await this.store.refresh(id, lastSeen)) ?? 0);
      session.savedSeen = lastSeen;
      // SQLite writes synchronously. Without this pause, thousands of writes would block every request.
      await setImmediate();
    }
  }
}
