import { Injectable } from '@nestjs/common';

/** How long and how much authorization servers may take. Durations in milliseconds. */
@Injectable()
export class OAuthLimits {
  /** For one metadata document, or one registration, to its end. */
  readonly metadataMs: number = 10_000;
  /** For all that is asked of a server and its authorization servers before somebody registers it. */
  readonly surveyMs: number = 25_000;
  /**
   * For a token, to the end of the answer. Generous: a refresh whose answer nobody waited for may have used up the refresh token.
   */
  readonly tokenMs: number = 30_000;
  /** Of any answer. */
  readonly bytes: number = 256 * 1024;
  /** How long an authorization server that failed is left alone before the next refresh of the same tokens. */
  readonly retryMs: number = 5_000;
  /** Between two attempts to store tokens while the database is away, and how many there are. */
  readonly storeRetryMs: number = 1_000;
  readonly storeAttempts: number = 60;
}
