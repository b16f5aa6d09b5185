import { setTimeout as delay } from 'node:timers/promises';
import { readEvents } from './event-stream.js';
import { HttpStatusError } from './http-status-error.js';
import type { LogRing } from '../protocol/log-ring.js';
import { reconnectionDelay, type ReconnectionOptions } from './reconnection.js';

export interface MessageStreamOptions {
  readonly onMessage: (message: unknown) => void;
  /** Requests the stream again, from after the event with this id if there is one. */
  readonly open: (lastEventId: string | undefined) => Promise<Response>;
  readonly reconnection: ReconnectionOptions;
  readonly signal: AbortSignal;
  readonly log: LogRing;
}

/** The messages of one event stream, which may break and be resumed (basic/transports, resumability). */
export class MessageStream {
  private lastEventId: string | undefined;
  private retry: number | undefined;

  constructor(private readonly options: MessageStreamOptions) {}

  /** Whether the server can resume the stream after the last event. */
  get isResumable(): boolean {
    return this.lastEventId !== undefined;
  }

  /** Reads the stream. Resolves when it has ended normally; rejects when it broke. */
  async read(response: Response): Promise<void> {
    if (!response.body) return;
    for await (const { id, event, data, retry } of readEvents(response.body)) {
      this.lastEventId = id ?? this.lastEventId;
      this.retry = retry ?? this.retry;
      if (data === undefined || data === '' || (event ?? 'message') !== 'message') continue;
      const message = parsed(data);
      if (message === undefined) this.options.log.add('Ignored: an event that is not JSON');
      else this.options.onMessage(message);
    }
  }

  /**
   * Waits and opens the stream again, up to the number of attempts in the options. No request is executed again.
   * @throws HttpStatusError at once, EgressError after the last attempt, or the signal's reason
   */
  async reopen(): Promise<Response> {
    const { open, reconnection, signal } = this.options;
    for (let attempt = 0; ; attempt += 1) {
      await delay(reconnectionDelay(reconnection, attempt, this.retry), undefined, { signal });
      try {
        return await open(this.lastEventId);
      } catch (error) {
        if (signal.aborted || error instanceof HttpStatusError || attempt + 1 >= reconnection.maxRetries) throw error;
      }
    }
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
