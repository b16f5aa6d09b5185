import type { ServerConnector } from './server-connector.js';
import type { ServerRecord } from './server-record.js';

/** The program of one configuration of a server, kept on this machine from its first start on until it is released. */
export class LocalProgram {
  private prepared?: { readonly record: ServerRecord; release(): void };

  constructor(
    private readonly original: ServerRecord,
    private readonly connector: ServerConnector,
  ) {}

  /** The record as it is started here. */
  get record(): ServerRecord {
    return this.prepared?.record ?? this.original;
  }

  /** Before each start: what was there may have been lost meanwhile. @throws ProviderError; the signal's reason */
  async prepare(signal: AbortSignal): Promise<void> {
    const prepared = await this.connector.prepare(this.original, signal);
    this.release();
    this.prepared = prepared;
    if (signal.aborted) this.release();
  }

  /** Nothing runs from it any more, and nothing will. */
  release(): void {
    this.prepared?.release();
  }
}
