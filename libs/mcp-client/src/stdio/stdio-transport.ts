import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from '@manifold/tool-provider';
import type { LogRing } from '../protocol/log-ring.js';
import type { OutgoingMessage, Transport, TransportReceiver } from '../protocol/transport.js';
import type { CloseOptions } from '../protocol/upstream-connection.js';

const NEWLINE = 10;
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const MAX_LOG_LINE_BYTES = 64 * 1024;
/** Time to wait, when a process ends, for its exit, its last answer and its last output to arrive. */
const LAST_WORDS_MS = 200;

/** A running program, and how it is ended. */
export interface StdioProcess {
  readonly streams: { readonly stdin: Writable; readonly stdout: Readable; readonly stderr: Readable };
  readonly pid: number;
  /** Resolves with a description of how the process ended. */
  readonly exited: Promise<string>;
  /** Ends it, with time to leave. Resolves when it has ended; never rejects. */
  stop(): Promise<void>;
  /** Kills it at once. Resolves when it has ended; never rejects. */
  kill(): Promise<void>;
}

/** Newline-delimited JSON over stdin and stdout (MCP, basic/transports, stdio). stderr goes to the log. */
export class StdioTransport implements Transport {
  private wroteErrors = false;
  private ended = false;
  /** Messages of this turn of the event loop. They are sent with one write, because the write is most of the cost of a message. */
  private outgoing = '';

  constructor(
    private readonly server: StdioProcess,
    private readonly receiver: TransportReceiver,
    private readonly log: LogRing,
  ) {
    const { stdin, stdout, stderr } = server.streams;
    const messages = new LineSplitter({
      limit: MAX_MESSAGE_BYTES,
      onLine: (line) => this.readLine(line),
      onTooLong: () => this.giveUp('The server sent a message of more than 8 MiB'),
    });
    const errors = new LineSplitter({
      limit: MAX_LOG_LINE_BYTES,
      onLine: (line) => this.logError(line),
      onTooLong: (start) => this.logError(`${start}…`),
    });
    stdout.on('data', (chunk: Buffer) => messages.push(chunk));
    stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    stderr.on('end', () => errors.end());
    for (const stream of [stdin, stdout]) {
      stream.on('error', () => this.giveUpSoon('The connection to the server broke'));
      stream.on('close', () => this.giveUpSoon('The server closed its input or output'));
    }
    stderr.on('error', () => this.log.add('stderr cannot be read', 'error'));
    void server.exited.then((words) => this.giveUpSoon(words));
  }

  send(message: OutgoingMessage): undefined {
    const { stdin } = this.server.streams;
    if (!stdin.writable) throw new ProviderError('upstream_unavailable', 'The server is not running');
    if (stdin.writableLength + this.outgoing.length > MAX_QUEUED_BYTES) {
      throw new ProviderError('upstream_unavailable', 'The server is not reading its standard input');
    }
    if (this.outgoing === '') setImmediate(() => this.flush());
    this.outgoing += `${JSON.stringify(message)}\n`;
  }

  private flush(): void {
    const { stdin } = this.server.streams;
    if (stdin.writable) stdin.write(this.outgoing);
    this.outgoing = '';
  }

  close({ atOnce = false }: CloseOptions = {}): Promise<void> {
    this.ended = true;
    return atOnce ? this.server.kill() : this.server.stop();
  }

  private readLine(line: string): void {
    const first = line.trimStart()[0];
    if (first === undefined) return;
    // Some servers print text to stdout that belongs on stderr: banners, warnings.
    if (first !== '{' && first !== '[') return this.log.add(line);
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return this.log.add(line);
    }
    this.receiver.received(message);
  }

  private logError(line: string): void {
    if (line.trim() === '') return;
    this.wroteErrors = true;
    this.log.add(line, 'error');
  }

  /**
   * Ends the transport. Several events signal the end of a process. The exit says most about the cause but may arrive later
   * than the others.
   */
  private async giveUpSoon(sign: string): Promise<void> {
    const reason = await Promise.race([this.server.exited, delay(LAST_WORDS_MS, sign)]);
    const { stdout, stderr } = this.server.streams;
    await Promise.race([Promise.all([closed(stdout), closed(stderr)]), delay(LAST_WORDS_MS)]);
    this.giveUp(reason);
  }

  private giveUp(reason: string): void {
    if (this.ended) return;
    const words = this.wroteErrors ? this.log.lines().findLast((line) => line.level === 'error') : undefined;
    this.receiver.lost(reason, words?.message);
    this.server.streams.stdout.destroy();
    void this.close();
  }
}

const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)));

interface LineSplitterOptions {
  /** Maximum length of a line in bytes. */
  readonly limit: number;
  readonly onLine: (line: string) => void;
  /** Called when a line exceeds the limit. The rest of the line is skipped. */
  readonly onTooLong: (start: string) => void;
}

/** Splits a byte stream into lines of UTF-8 text. A long line is assembled once, when it is complete. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private partsLength = 0;
  private skipping = false;

  constructor(private readonly options: LineSplitterOptions) {}

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.take(chunk.subarray(from, end));
      this.endLine();
      from = end + 1;
    }
    if (from < chunk.length) this.take(chunk.subarray(from));
  }

  /** Ends the stream. Text after the last newline counts as a line. */
  end(): void {
    if (this.partsLength > 0) this.endLine();
  }

  private take(part: Buffer): void {
    if (this.skipping) return;
    this.parts.push(part);
    this.partsLength += part.length;
    if (this.partsLength <= this.options.limit) return;
    const start = this.text().slice(0, 1000);
    this.skipping = true;
    this.options.onTooLong(start);
  }

  private endLine(): void {
    if (this.skipping) this.skipping = false;
    else this.options.onLine(this.text());
  }

  private text(): string {
    const bytes = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts, this.partsLength);
    this.parts = [];
    this.partsLength = 0;
    return bytes.toString('utf8');
  }
}
