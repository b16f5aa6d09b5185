import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { JsonRpcError, TRANSPORT_ERROR } from './json-rpc-error.js';

const RETRY_AFTER_S = 5;

/** How many sessions this process serves, of both transports, and whether it takes more. */
@Injectable()
export class SessionPlaces {
  private count = 0;
  private closing = false;

  constructor(private readonly config: Config) {}

  get taken(): number {
    return this.count;
  }

  get isFull(): boolean {
    return this.count >= this.config.maxSessions;
  }

  /** @throws JsonRpcError 503 when there is no place, or when the gateway is shutting down */
  take(): void {
    if (this.closing) throw busy('The gateway is shutting down');
    if (this.isFull) throw busy('Too many sessions');
    this.count += 1;
  }

  /** For a session that had a place before: it comes back from the store. */
  retake(): void {
    this.count += 1;
  }

  free(): void {
    this.count -= 1;
  }

  refuseNew(): void {
    this.closing = true;
  }
}

const busy = (message: string): JsonRpcError =>
  new JsonRpcError(TRANSPORT_ERROR, message, 503, { headers: { 'retry-after': String(RETRY_AFTER_S) } });
