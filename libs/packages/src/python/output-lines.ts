import { StringDecoder } from 'node:string_decoder';

/** Maximum number of characters of a line. The rest is cut off. */
const LINE_MAX = 4000;

/** Splits the output of a program into lines, without control characters. */
export class OutputLines {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.write(chunk)).split(/[\r\n]+/);
    this.rest = (lines.pop() ?? '').slice(0, LINE_MAX);
    for (const line of lines) this.tell(line);
  }

  /** Emits the text after the last newline as a line. */
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
