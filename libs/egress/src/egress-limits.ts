import { Injectable } from '@nestjs/common';

/** Limits on the duration and size of an outgoing request. Durations are in milliseconds. */
@Injectable()
export class EgressLimits {
  /** Time until the connection is established, including name resolution and TLS. */
  readonly connectMs: number = 10_000;
  /** Time from the request until the headers of the response. */
  readonly headersMs: number = 60_000;
  /** Time between two chunks of a body that is not an event stream. */
  readonly idleMs: number = 30_000;
  /** Time for the whole of such a body. */
  readonly bodyMs: number = 300_000;
  /** Bytes after decompression of such a body, or of one event of an event stream. */
  readonly bytes: number = 8 * 1024 * 1024;
}
