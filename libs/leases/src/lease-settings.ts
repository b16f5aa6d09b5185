import { Injectable } from '@nestjs/common';

@Injectable()
export class LeaseSettings {
  /** A process that holds a lease and has not been heard of for so long is taken for dead. Milliseconds. */
  readonly leaseMs: number = 15_000;
  /** The same for a lease that is kept: hand-over takes at least so long. */
  readonly keptMs: number = 6_000;
}
