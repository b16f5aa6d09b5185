import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isObject } from '@manifold/async';
import { ProviderError } from '@manifold/tool-provider';
import type { LogRing } from '../protocol/log-ring.js';
import type { OutgoingMessage, Transport, TransportReceiver } from '../protocol/transport.js';
import type { CloseOptions } from '../protocol/upstream-connection.js';
import { LastWords, withoutFolders } from './last-words.js';

const NEWLINE = 10;
/** Number of characters of a long line that are kept from its start, and of bytes from its end. */
const START = 1000;
const END = 256;
/** A line that is longer than so many limits counts as endless. */
const ENDLESS = 16;
const MIB = 1024 * 1024;
/** Maximum size of a message of a server, unless the caller gives another. */
export const MAX_MESSAGE_BYTES = 8 * MIB;
/** How many messages of the maximum size may wait until the server reads them. */
const MOST_QUEUED = 2;
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
  private readonly words = new LastWords();
  private ended = false;
  /** Messages of this turn of the event loop. They are sent with one write, because the write is most of the cost of a message. */
  private outgoing = '';

  constructor(
    private readonly server: StdioProcess,
    private readonly receiver: TransportReceiver,
    private readonly log: LogRing,
    private readonly maxMessageBytes = MAX_MESSAGE_BYTES,
  ) {
    const { stdin, stdout, stderr } = server.streams;
    const messages = new LineSplitter({
      limit: maxMessageBytes,
      onLine: (line) => this.readLine(line),
      onTooLong: (start, end) => this.tooLong(start, end),
      onEndless: () => this.giveUp(`The server wrote a line of more than ${this.inMiB(ENDLESS)} MiB`),
    });
    const errors = new LineSplitter({
      limit: MAX_LOG_LINE_BYTES,
      onLine: (line) => this.logError(line),
      onTooLong: (start) => this.logError(`${start}…`),
      onEndless: () => undefined,
    });
    stdout.on('data', (chunk: Buffer) => messages.push(chunk));
    stdout.on('end', () => messages.end());
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
    if (stdin.writableLength + this.outgoing.length > MOST_QUEUED * this.maxMessageBytes) {
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
    const text = line.trim(); // of a byte order mark, too
    if (text === '') return;
    // Some servers print to stdout what belongs on stderr: banners, warnings, log lines in JSON.
    const message = text.startsWith('{') || text.startsWith('[') ? parsed(text) : undefined;
    if (isMessage(message)) return this.receiver.received(message);
    this.heard(line, 'stdout');
  }

  /** Fails the request whose answer was too long. The server goes on. */
  private tooLong(start: string, end: string): void {
    const id = idOf(start, end);
    this.log.add(`A message of more than ${this.inMiB()} MiB was dropped: ${start.slice(0, 100)}…`, 'error');
    if (id !== undefined) this.receiver.unreadable(id, `The server answered with more than ${this.inMiB()} MiB`);
  }

  private inMiB(messages = 1): number {
    return Math.round((messages * this.maxMessageBytes) / MIB);
  }

  private logError(line: string): void {
    if (line.trim() === '') return;
    this.heard(line, 'stderr');
  }

  private heard(line: string, stream: 'stdout' | 'stderr'): void {
    const kept = this.log.take(line, stream === 'stderr' ? 'error' : 'info');
    if (kept !== undefined) this.words.add(kept, stream);
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
    const cause = this.words.cause();
    this.receiver.lost(reason, cause === undefined ? undefined : withoutFolders(cause));
    this.server.streams.stdout.destroy();
    void this.close();
  }
}

/** Returns the value of a text, or undefined if it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns whether a value is a message of JSON-RPC, or a batch with such messages. A log line in JSON may have the same members, but no `jsonrpc`. */
const isMessage = (value: unknown): boolean =>
  Array.isArray(value) ? value.some(isMessage) : isObject(value) && 'jsonrpc' in value;

/** The id of an answer, where the members before or after the result are in one of the usual orders. Text inside of the result has its quotes escaped. */
const ID_AT_START = /^\uFEFF?\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*"?(\d{1,15})"?\s*,/;
const ID_AT_END =
  /,\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*"?(\d{1,15})"?\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

function idOf(start: string, end: string): number | undefined {
  const [, id] = ID_AT_START.exec(start) ?? ID_AT_END.exec(end) ?? [];
  return id === undefined ? undefined : Number(id);
}

const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)));

interface LineSplitterOptions {
  /** Maximum length of a line in bytes. */
  readonly limit: number;
  readonly onLine: (line: string) => void;
  /** Called at the end of a line that exceeds the limit. The line is skipped. */
  readonly onTooLong: (start: string, end: string) => void;
  /** Called once for a line that exceeds sixteen limits. */
  readonly onEndless: () => void;
}

/** Splits a byte stream into lines of UTF-8 text. A long line is assembled once, when it is complete. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private length = 0;
  /** Set while a line is skipped. */
  private skipped?: { readonly start: string; end: Buffer };

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
    if (this.length > 0) this.endLine();
  }

  private take(part: Buffer): void {
    const { limit, onEndless } = this.options;
    const before = this.length;
    this.length += part.length;
    if (this.skipped) {
      this.skipped.end = Buffer.concat([this.skipped.end, part.subarray(-END)]).subarray(-END);
      if (this.length > ENDLESS * limit && before <= ENDLESS * limit) onEndless();
      return;
    }
    this.parts.push(part);
    if (this.length > limit) {
      const bytes = this.assembled();
      this.skipped = { start: bytes.toString('utf8', 0, START), end: Buffer.from(bytes.subarray(-END)) };
    }
  }

  private endLine(): void {
    const { skipped } = this;
    this.skipped = undefined;
    if (skipped) this.options.onTooLong(skipped.start, skipped.end.toString('utf8'));
    else this.options.onLine(this.assembled().toString('utf8'));
    this.length = 0;
  }

  private assembled(): Buffer {
    const bytes = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.parts = [];
    return bytes;
  }
}
