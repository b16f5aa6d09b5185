import { Injectable } from '@nestjs/common';

/** Limits for the requests to authorization servers. Durations in milliseconds. */
@Injectable()
export class OAuthLimits {
  /** Timeout for one metadata document or one registration, including its body. */
  readonly metadataMs: number = 10_000;
  /** Timeout for all requests of one discovery: to a server and to its authorization servers. */
  readonly discoveryMs: number = 25_000;
  /** Timeout for a token request, including its body. It is generous: a refresh that was cut off may have used up the refresh token. */
  readonly tokenMs: number = 30_000;
  /** Maximum size of a response in bytes. */
  readonly bytes: number = 256 * 1024;
  /** Time after a failed refresh during which the same tokens are not refreshed again. */
  readonly retryMs: number = 5_000;
  /** Interval between attempts to store tokens while the database is unavailable, and the number of attempts. */
  readonly storeRetryMs: number = 1_000;
  readonly storeAttempts: number = 60;
}
