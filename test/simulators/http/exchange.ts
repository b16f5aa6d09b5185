import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** An error answer in the form of the simulated API. */
export interface Fault {
  readonly status: number;
  readonly body: object;
}

/** A request as it arrived. */
export interface ReceivedRequest {
  readonly method: string;
  /** The path in the request line, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON, otherwise the text; undefined without a body. */
  readonly body?: unknown;
  /** The user of its token; undefined if the token was refused or none is required. */
  readonly user?: string;
  /** The action, if the request runs one. */
  readonly action?: string;
}

/** Allows every origin: the browser part of such products runs on the pages of their customers. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
};

/** One request and its answer. Nothing is sent to a client that has disconnected. */
export class Exchange {
  /** The request, once it is complete. */
  received?: ReceivedRequest;
  /** Aborted when the connection ends before the answer does. */
  readonly gone: AbortSignal;
  /** Resolves when the answer or the connection has ended: whether the client aborted. */
  readonly ended: Promise<boolean>;
  private cutHere = false;

  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    const controller = new AbortController();
    this.gone = controller.signal;
    this.ended = new Promise((resolve) => {
      response.on('close', () => {
        const complete = response.writableFinished;
        if (!complete) controller.abort();
        resolve(!complete && !this.cutHere);
      });
    });
  }

  /** @throws when the client leaves before it is complete */
  async bodyText(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.send(status, 'application/json; charset=utf-8', JSON.stringify(body), headers);
  }

  fail({ status, body }: Fault, headers: Readonly<Record<string, string>> = {}): void {
    this.json(status, body, headers);
  }

  send(status: number, type: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): void {
    if (this.gone.aborted) return;
    this.response.writeHead(status, {
      ...CORS,
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    if (this.cutHere) this.response.write(body.slice(0, body.length / 2), () => this.response.destroy());
    else this.response.end(body);
  }

  /** Answers the CORS preflight of a browser, sent before a request with a token. */
  preflight(): void {
    this.response.writeHead(204, CORS).end();
  }

  /** Sends half of an answer and closes the connection. */
  cut(): void {
    if (this.gone.aborted) return;
    this.response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    this.cutHere = true;
    this.response.write('{"half":"of an answer', () => this.response.destroy());
  }

  /** Makes the connection end in the middle of the answer. */
  cutInTheMiddle(): void {
    this.cutHere = true;
  }

  /** Sends a JSON object of about this many bytes without Content-Length, as fast as the client reads. */
  async flood(bytes: number): Promise<void> {
    const { gone, response } = this;
    const chunk = 'x'.repeat(64 * 1024);
    if (!gone.aborted) response.writeHead(200, { 'content-type': 'application/json' }).write('{"blob":"');
    for (let left = bytes; left > 0 && !gone.aborted; left -= chunk.length) {
      if (!response.write(chunk.slice(0, left))) await once(response, 'drain', { signal: gone }).catch(() => undefined);
    }
    if (!gone.aborted) response.end('"}');
  }
}
