import type { LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';

/** Keeps everything that is logged at any level, errors with their causes, to be searched for what must not be there. */
export class LogCapture implements LoggerService {
  private readonly lines: string[] = [];

  log = (...line: unknown[]): void => this.keep(line);
  error = (...line: unknown[]): void => this.keep(line);
  warn = (...line: unknown[]): void => this.keep(line);
  debug = (...line: unknown[]): void => this.keep(line);
  verbose = (...line: unknown[]): void => this.keep(line);
  fatal = (...line: unknown[]): void => this.keep(line);

  get text(): string {
    return this.lines.join('\n');
  }

  private keep(line: unknown[]): void {
    this.lines.push(inspect(line, { depth: 20, maxStringLength: null, breakLength: Infinity }));
  }
}
