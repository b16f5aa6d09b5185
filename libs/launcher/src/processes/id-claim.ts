import { Logger } from '@nestjs/common';
import type { IdRange } from '../folders/user-ids.js';
import { gatewayWith, shownRange } from './other-gateways.js';
import { watchdog } from './watchdog.js';

/**
 * The claim of a gateway to the user ids that it gives. All processes under them are its own, so another gateway whose processes it can see must
 * not give the same ones.
 */
export class IdClaim {
  private readonly logger = new Logger('Launcher');
  private hasProgram = false;
  private hasWarned = false;

  constructor(private readonly range: IdRange) {
    watchdog.claim(range);
    this.check();
  }

  /** Looks again when the first program runs: gateways see each other only while they run programs. */
  programStarted(): void {
    if (this.hasProgram) return;
    this.hasProgram = true;
    this.check();
  }

  private check(): void {
    const other = this.hasWarned ? undefined : gatewayWith(this.range);
    if (!other) return;
    this.hasWarned = true;
    this.logger.warn({
      msg: 'another gateway gives the same user ids: programs of one can reach those of the other, and may be ended with them',
      range: shownRange(this.range),
      watchdogOfOther: other.pid,
      remedy: 'give each gateway on this machine a SERVER_UID_RANGE of its own',
    });
  }
}
