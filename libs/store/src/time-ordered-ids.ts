import { randomBytes, randomInt } from 'node:crypto';

/**
 * Generates UUIDs of version 7 (RFC 9562, section 5.7) whose order as text is the order in which they were generated. Within a millisecond
 * the 12 bits after the version count up from a random start (section 6.2, method 1).
 */
export class TimeOrderedIds {
  private time = 0;
  private counter = 0;

  /** @param now epoch milliseconds; if the clock goes back, the ids still ascend */
  next(now: number): string {
    this.tick(now);
    const bytes = randomBytes(16);
    bytes.writeUIntBE(this.time, 0, 6);
    bytes.writeUInt16BE(0x7000 | this.counter, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  private tick(now: number): void {
    if (now <= this.time && this.counter < 0xfff) {
      this.counter += 1;
      return;
    }
    this.time = Math.max(now, this.time + 1);
    this.counter = randomInt(0x400);
  }
}
