import { Injectable } from '@nestjs/common';

@Injectable()
export class LeaseSettings {
  /** Milliseconds without a renewal after which the holder of a lease is considered dead. */
  readonly leaseMs: number = 15_000;
  /** The same for a lease that is kept: taking it over from a dead holder takes at least this long. */
  readonly keptMs: number = 6_000;
}
