const NEWLINE = 10;

export interface LineSplitterOptions {
  /** Bytes that a line may have. */
  readonly limit: number;
  readonly onLine: (line: string) => void;
  /** A line is over the limit. The rest of it is skipped. */
  readonly onTooLong: (start: string) => void;
}

/** Cuts a byte stream into lines of UTF-8 text. A long line is put together once, when it is complete. */
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

  /** What stands after the last newline is a line too. */
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
