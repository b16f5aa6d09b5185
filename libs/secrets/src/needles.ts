const REPLACEMENT = '[secret]';

/** Number of values of a character that {@link startOf} distinguishes. */
const VALUES = 64;

/** Returns a number for two characters. Other characters may have the same number. */
const startOf = (first: number, second: number): number => (first % VALUES) * VALUES + (second % VALUES);

/** Texts of at least two characters that are looked for all at once: a text is read once, however many there are. */
export class Needles {
  /** By {@link startOf} their first two characters. */
  private readonly byStart = new Map<number, string[]>();
  private readonly starts = new Uint8Array(VALUES * VALUES);

  constructor(texts: Iterable<string>) {
    for (const text of new Set(texts)) {
      const start = startOf(text.charCodeAt(0), text.charCodeAt(1));
      this.starts[start] = 1;
      this.byStart.set(start, [...(this.byStart.get(start) ?? []), text]);
    }
  }

  get isEmpty(): boolean {
    return this.byStart.size === 0;
  }

  /** Returns whether any of them occurs in the text. */
  occurIn(text: string): boolean {
    return this.next(text, 0) !== undefined;
  }

  /** Replaces all occurrences by `[secret]`. They may overlap, so every character that belongs to any of them is removed. */
  hideIn(text: string): string {
    let hidden = '';
    let end = 0;
    for (let found = this.next(text, 0); found; found = this.next(text, found.from + 1)) {
      if (found.from >= end) hidden += text.slice(end, found.from) + REPLACEMENT;
      end = Math.max(end, found.to);
    }
    return hidden + text.slice(end);
  }

  /** Returns the longest occurrence at the first position, from the given one on, at which there is any. */
  private next(text: string, position: number): { from: number; to: number } | undefined {
    let first = text.charCodeAt(position);
    for (let at = position; at + 1 < text.length; at += 1) {
      const second = text.charCodeAt(at + 1);
      const start = startOf(first, second);
      first = second;
      if (this.starts[start] === 0) continue;
      const found = this.byStart.get(start)!.filter((needle) => text.startsWith(needle, at));
      if (found.length > 0) return { from: at, to: at + Math.max(...found.map(({ length }) => length)) };
    }
    return undefined;
  }
}
