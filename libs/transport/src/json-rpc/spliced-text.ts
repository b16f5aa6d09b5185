/**
 * Text before and after bytes that many messages share. The shared bytes are encoded once and written without a copy. If each listing
 * copied and encoded a megabyte of tools, that would cost six times as much as the rest of the request.
 */
export class SplicedText {
  constructor(
    readonly before: string,
    /** UTF-8. */
    readonly shared: Buffer,
    readonly after: string,
  ) {}

  get byteLength(): number {
    return Buffer.byteLength(this.before) + this.shared.length + Buffer.byteLength(this.after);
  }

  /** Returns the whole text. Event streams need it, because they send text line by line. */
  toString(): string {
    return this.before + this.shared.toString() + this.after;
  }
}

export type Text = string | SplicedText;
