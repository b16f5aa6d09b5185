import type { Readable } from 'node:stream';
import { safeLine } from './safe-line.js';

/** Maximum number of log lines of one install. Scripts may print any amount. */
const MAX_LINES = 5000;
/** Maximum number of characters to buffer for an incomplete line. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Log of one install. Its length is limited, and each line is safe to display. */
export class InstallLog {
  private count = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  add(text: string): void {
    for (const line of text.split('\n')) if (line.trim() !== '') this.take(line);
  }

  /** Adds the text of a stream, line by line. */
  follow(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = rest + text;
      const end = lines.lastIndexOf('\n') + 1;
      this.add(lines.slice(0, end));
      rest = lines.slice(end);
      if (rest.length < MAX_LINE_LENGTH) return;
      this.add(rest);
      rest = '';
    });
    stream.on('end', () => this.add(rest));
  }

  private take(line: string): void {
    this.count += 1;
    if (this.count < MAX_LINES) this.onLine(safeLine(line));
    else if (this.count === MAX_LINES) this.onLine(`The log has more than ${MAX_LINES} lines: the rest is left out`);
  }
}
