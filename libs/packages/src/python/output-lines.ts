import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are kept. */
const LINE_MAX = 4000;

/** Cuts what a program prints into lines, without control characters. */
export class OutputLines {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.write(chunk)).split(/[\r\n]+/);
    this.rest = (lines.pop() ?? '').slice(0, LINE_MAX);
    for (const line of lines) this.tell(line);
  }

  /** What stands after the last newline is a line too. */
  end(): void {
    this.tell(this.rest + this.decoder.end());
    this.rest = '';
  }

  private tell(line: string): void {
    const text = line
      .slice(0, LINE_MAX)
      .replaceAll(/\p{Cc}/gu, ' ')
      .trimEnd();
    if (text !== '') this.onLine(text);
  }
}
