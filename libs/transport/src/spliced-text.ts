/**
 * Text around bytes that many messages share: these are made once and written as they are. To copy and encode a megabyte of tools
 * for each listing costs six times as much as all the rest.
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

  /** For streams, which take text line by line. */
  toString(): string {
    return this.before + this.shared.toString() + this.after;
  }
}

export type Text = string | SplicedText;

export const within = (before: string, text: Text, after: string): Text =>
  typeof text === 'string'
    ? before + text + after
    : new SplicedText(before + text.before, text.shared, text.after + after);
