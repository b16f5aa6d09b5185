import { EventEmitter } from 'node:events';
import type { ReceivedRequest } from './exchange.js';

/** Tells whether a target stands for this request. */
export type Hits = (target: string, request: ReceivedRequest) => boolean;

/** The number of requests that are kept, so that a benchmark does not fill the memory. */
const KEPT = 10_000;

/** The requests that arrived, and counts. */
export class RequestLog {
  /** The last requests, in the order in which they were complete. */
  readonly requests: ReceivedRequest[] = [];
  total = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** Requests whose client left before the answer was complete. */
  aborted = 0;
  private readonly events = new EventEmitter().setMaxListeners(0);

  constructor(private readonly hits: Hits) {}

  begin(): void {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
  }

  add(request: ReceivedRequest): void {
    this.total += 1;
    if (this.requests.length >= 2 * KEPT) this.requests.splice(0, KEPT);
    this.requests.push(request);
    this.events.emit('request', request);
  }

  end(request: ReceivedRequest | undefined, abortedByClient: boolean): void {
    this.inFlight -= 1;
    if (!abortedByClient) return;
    this.aborted += 1;
    if (request) this.events.emit('abort', request);
  }

  clear(): void {
    this.requests.length = 0;
    this.total = 0;
    this.aborted = 0;
    this.mostInFlight = this.inFlight;
  }

  /** Resolves with the next request that arrives or is aborted. */
  next(event: 'request' | 'abort', target: string): Promise<ReceivedRequest> {
    return new Promise((resolve) => {
      const listener = (request: ReceivedRequest): void => {
        if (!this.hits(target, request)) return;
        this.events.off(event, listener);
        resolve(request);
      };
      this.events.on(event, listener);
    });
  }
}
