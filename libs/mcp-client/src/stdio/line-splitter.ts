const NEWLINE = 10;
/** Number of characters of a long line that are kept from its start, and of bytes from its end. */
const START = 1000;
const END = 256;
/** A line that is longer than so many limits counts as endless. */
const ENDLESS = 16;

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
