import { stripVTControlCharacters } from 'node:util';
import { HiddenValues } from './hidden-values.js';

export interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly level: 'info' | 'error';
  readonly message: string;
}

const MAX_LINES = 200;
const MAX_BYTES = 64 * 1024;
/** Bounds of the first lines of a run, which stay when later lines replace the others. */
const FIRST_LINES = 20;
const FIRST_BYTES = 16 * 1024;
const MAX_BYTES_PER_SECOND = 64 * 1024;
const MAX_LINE_LENGTH = 4096;

/** Characters that could move the cursor, reverse the text or forge a line when an operator reads the log (threat 27). */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const TOKENS = /\b(bearer|basic)\s+[\w.~+/=-]{8,}|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/gi;

/** The first log lines of the last run of one server, and its last lines. Memory and work are bounded, the lines are safe to display, and secrets are removed (threat 35). */
export class LogRing {
  private readonly kept: LogLine[] = [];
  private first: LogLine[] = [];
  private firstBytes = 0;
  /** The number of kept lines of earlier runs. */
  private older = 0;
  /** The number of lines of this run that are no longer kept. */
  private removed = 0;
  private readonly hidden = new HiddenValues();
  private readonly standing = new Map<string, string>();
  private keptBytes = 0;
  private secondStarted = 0;
  private takenThisSecond = 0;
  private droppedBytes = 0;

  /** Begins a run of the server: its first lines are kept, and no longer those of the run before. */
  begin(): void {
    this.first = [];
    this.firstBytes = 0;
    this.older = this.kept.length;
    this.removed = 0;
  }

  add(line: string, level: LogLine['level'] = 'info'): void {
    this.take(line, level);
  }

  /**
   * Adds a line.
   * @returns the line as it is kept, without secrets; undefined if it was dropped, because too much came in this second
   */
  take(line: string, level: LogLine['level']): string | undefined {
    const now = performance.now();
    if (now - this.secondStarted >= 1000) {
      this.reportDropped();
      this.secondStarted = now;
      this.takenThisSecond = 0;
    }
    const bytes = Buffer.byteLength(line);
    if (this.takenThisSecond + bytes > MAX_BYTES_PER_SECOND) {
      this.droppedBytes += bytes;
      return undefined;
    }
    this.takenThisSecond += bytes;
    return this.keep(level, line);
  }

  /**
   * Sets what is to be said with the status of the server for as long as it holds.
   * @param topic names what the sentences are about; a later call with the same topic replaces them
   * @param sentences undefined: there is nothing more to say
   */
  setNotice(topic: string, sentences: string | undefined): void {
    if (sentences === undefined) this.standing.delete(topic);
    else this.standing.set(topic, this.clean(sentences));
  }

  notices(): readonly string[] {
    return [...this.standing.values()];
  }

  /** Returns the lines, oldest first. */
  lines(): readonly LogLine[] {
    this.reportDropped();
    const first = this.first.slice(0, this.removed);
    const gap = this.removed - first.length;
    if (gap === 0) return [...first, ...this.kept];
    const { time } = first.at(-1) ?? this.kept[0]!;
    return [...first, { time, level: 'info', message: `${gap} lines are left out here` }, ...this.kept];
  }

  /** Replaces these exact values by `[secret]` in lines that are added from now on. One `reveal` reverts one call. */
  hide(values: readonly string[]): void {
    this.hidden.hide(values);
  }

  /** Reverts one `hide`. The values stay hidden for some seconds more, because log lines may arrive late. */
  reveal(values: readonly string[]): void {
    this.hidden.reveal(values);
  }

  private reportDropped(): void {
    if (this.droppedBytes === 0) return;
    const dropped = this.droppedBytes;
    this.droppedBytes = 0;
    this.keep('error', `${dropped} bytes of log were dropped: more than 64 KB in a second`);
  }

  private keep(level: LogLine['level'], line: string): string {
    const message = this.clean(line);
    const kept = { time: new Date().toISOString(), level, message };
    this.kept.push(kept);
    this.keptBytes += Buffer.byteLength(message);
    this.firstBytes += Buffer.byteLength(message);
    if (this.first.length < FIRST_LINES && this.firstBytes <= FIRST_BYTES) this.first.push(kept);
    while (this.kept.length > MAX_LINES || this.keptBytes > MAX_BYTES) this.removeOldest();
    return message;
  }

  private removeOldest(): void {
    this.keptBytes -= Buffer.byteLength(this.kept.shift()?.message ?? '');
    if (this.older > 0) this.older -= 1;
    else this.removed += 1;
  }

  /**
   * Returns a line that can be shown. It is cleaned before secrets are replaced, and cut afterwards. Otherwise a control character or the
   * cut could split a secret.
   */
  clean(line: string): string {
    const clean = stripVTControlCharacters(line).replaceAll('\t', ' ').replace(INVISIBLE, '');
    return this.hidden.redact(clean).replace(TOKENS, '[secret]').slice(0, MAX_LINE_LENGTH);
  }
}
