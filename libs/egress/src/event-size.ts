import { EgressError } from './egress-error.js';

const LF = 10;
const CR = 13;

/** Limits the size of the events of an event stream: the bytes between two blank lines. */
export class EventSize {
  private bytes = 0;
  private lineIsEmpty = true;
  private afterCr = false;

  constructor(
    private readonly most: number,
    private readonly host: string,
  ) {}

  /** @throws EgressError `too_large` when one event is over the limit */
  add(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === LF && this.afterCr) {
        this.afterCr = false; // the second half of CRLF
        continue;
      }
      this.afterCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        this.lineIsEmpty = false;
        this.bytes += 1;
        if (this.bytes > this.most) throw new EgressError('too_large', `An event of ${this.host} is too large`);
        continue;
      }
      if (this.lineIsEmpty) this.bytes = 0;
      this.lineIsEmpty = true;
    }
  }
}
