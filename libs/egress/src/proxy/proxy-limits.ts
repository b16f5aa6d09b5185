import { Injectable } from '@nestjs/common';

/** Bounds of the proxy for programs. Durations are in milliseconds. */
@Injectable()
export class ProxyLimits {
  /** Connections of one program. Each has one request or tunnel at a time. */
  readonly connectionsPerClient: number = 128;
  readonly connections: number = 1024;
  /** Connections that have shown no credential yet. The oldest one goes first. */
  readonly strangers: number = 64;
  /** Names of all clients that are looked up at a time. The system looks up four, and the gateway needs some of these itself. */
  readonly lookups: number = 2;
  readonly headerBytes: number = 16 * 1024;
  /** Time until the headers of a request have arrived. */
  readonly headersMs: number = 10_000;
  /** Time without a byte in either direction. */
  readonly idleMs: number = 600_000;
}
