import { EgressError } from './egress-error.js';
import type { EgressLimits } from './egress-limits.js';
import { EventSize } from './event-size.js';

/** Counts the bytes that have been read; throws when they exceed the limit. */
interface ByteCounter {
  add(chunk: Uint8Array): void;
}

/**
 * Returns the response with a body that fails with an EgressError when it becomes too large or stalls (threats 14 and 25). Bytes are
 * counted after decompression. An event stream may last forever, so the size limit applies to each event, and there is no time limit.
 * @param host for messages
 */
export function boundedResponse(
  response: Response,
  host: string,
  limits: EgressLimits,
  signal?: AbortSignal,
): Response {
  if (response.body === null) return response;
  const isEventStream = /^text\/event-stream\s*(;|$)/i.test(response.headers.get('content-type') ?? '');
  if (!isEventStream && Number(response.headers.get('content-length')) > limits.bytes) {
    void response.body.cancel();
    throw tooLarge(host);
  }
  const counter = isEventStream ? new EventSize(limits.bytes, host) : new BodySize(limits.bytes, host);
  const source = new BoundedSource(
    response.body.getReader(),
    counter,
    host,
    isEventStream ? undefined : limits,
    signal,
  );
  const bounded = new Response(new ReadableStream(source, { highWaterMark: 0 }), {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
  Object.defineProperty(bounded, 'url', { value: response.url });
  return bounded;
}

const tooLarge = (host: string): EgressError => new EgressError('too_large', `The answer of ${host} is too large`);

class BodySize implements ByteCounter {
  private total = 0;

  constructor(
    private readonly most: number,
    private readonly host: string,
  ) {}

  add(chunk: Uint8Array): void {
    this.total += chunk.byteLength;
    if (this.total > this.most) throw tooLarge(this.host);
  }
}

class BoundedSource implements UnderlyingDefaultSource<Uint8Array> {
  private readonly started = performance.now();
  private ended = false;

  constructor(
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly counter: ByteCounter,
    private readonly host: string,
    private readonly times: Pick<EgressLimits, 'idleMs' | 'bodyMs'> | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const timer = this.times && setTimeout(() => this.fail(controller, this.stalled()), this.times.idleMs);
    try {
      const { done, value } = await this.reader.read();
      if (this.ended) return;
      if (done) return controller.close();
      this.counter.add(value);
      if (this.times && performance.now() - this.started > this.times.bodyMs) throw this.stalled();
      controller.enqueue(value);
    } catch (error) {
      this.fail(controller, this.inOurWords(error));
    } finally {
      clearTimeout(timer);
    }
  }

  cancel(reason: unknown): Promise<void> {
    this.ended = true;
    return this.reader.cancel(reason);
  }

  private fail(controller: ReadableStreamDefaultController<Uint8Array>, error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    controller.error(error);
    this.reader.cancel(error).catch(() => undefined); // the body has failed already
  }

  private inOurWords(error: unknown): unknown {
    if (error instanceof EgressError) return error;
    if (this.signal?.aborted) return this.signal.reason;
    return new EgressError('connection_lost', `The connection to ${this.host} broke before the answer was complete`, {
      cause: error,
    });
  }

  private stalled(): EgressError {
    return new EgressError('timeout', `${this.host} took too long to send its answer`);
  }
}
