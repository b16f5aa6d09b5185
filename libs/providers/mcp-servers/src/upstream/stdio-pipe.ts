import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from '@manifold/tool-provider';
import { LineSplitter } from './line-splitter.js';
import type { LogRing } from './log-ring.js';
import type { OutgoingMessage, Pipe, PipeReceiver } from './pipe.js';
import type { ServerProcess } from './server-process.js';
import type { CloseOptions } from './upstream-connection.js';

const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const MAX_LOG_LINE_BYTES = 64 * 1024;
/** How long the end of a process may take to come through completely: its exit, its last answer, its last words. */
const LAST_WORDS_MS = 200;

/** Newline-delimited JSON over stdin and stdout (MCP, basic/transports, stdio). stderr is log. */
export class StdioPipe implements Pipe {
  private wroteErrors = false;
  private ended = false;
  /** Messages of this turn of the event loop: they leave with one write, which is most of what a message costs. */
  private outgoing = '';

  constructor(
    private readonly server: ServerProcess,
    private readonly receiver: PipeReceiver,
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
      throw new ProviderError('upstream_unavailable', 'The server does not read what it is sent');
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
    // Some servers print to stdout what belongs on stderr: banners, warnings.
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

  /** Of several signs of an end the exit says most, and it need not come first. */
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
