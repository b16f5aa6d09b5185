import { Injectable } from '@nestjs/common';

/** How long and how much an outgoing request may take. Durations in milliseconds. */
@Injectable()
export class EgressLimits {
  /** Until the connection stands, name resolution and TLS included. */
  readonly connectMs: number = 10_000;
  /** From the request until the headers of the answer. */
  readonly headersMs: number = 60_000;
  /** Between two pieces of a body that is not an event stream. */
  readonly idleMs: number = 30_000;
  /** For the whole of such a body. */
  readonly bodyMs: number = 300_000;
  /** Of such a body, or of one event of an event stream: after decompression. */
  readonly bytes: number = 8 * 1024 * 1024;
}
