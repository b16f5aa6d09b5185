/** Shorter values are no secrets, and hiding them would hide half of the text. */
const SHORTEST = 4;

/** A server writes its log a little after its answer, so a value stays hidden for at least this many milliseconds after its last use. */
const LINGER_MS = 5000;

/** Secret values that are in use, to be taken out of text. */
export class HiddenValues {
  private readonly uses = new Map<string, number>();
  private released = new Set<string>();
  private releasedBefore = new Set<string>();
  private turnedAt = 0;

  hide(values: readonly string[]): void {
    for (const piece of values.flatMap(pieces)) this.uses.set(piece, (this.uses.get(piece) ?? 0) + 1);
  }

  /** Takes back one `hide` of the same values. */
  reveal(values: readonly string[]): void {
    this.turn();
    for (const piece of values.flatMap(pieces)) {
      const uses = this.uses.get(piece) ?? 0;
      if (uses > 1) {
        this.uses.set(piece, uses - 1);
        continue;
      }
      this.uses.delete(piece);
      this.released.add(piece);
    }
  }

  redact(text: string): string {
    this.turn();
    const found = [...this.uses.keys(), ...this.released, ...this.releasedBefore].filter((value) =>
      text.includes(value),
    );
    // The longest first: one secret may begin with another.
    found.sort((a, b) => b.length - a.length);
    return found.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text);
  }

  private turn(): void {
    const now = performance.now();
    const age = now - this.turnedAt;
    if (age < LINGER_MS) return;
    this.releasedBefore = age < 2 * LINGER_MS ? this.released : new Set();
    this.released = new Set();
    this.turnedAt = now;
  }
}

/** Logs come line by line, so a secret of several lines (a PEM key) is hidden line by line. */
const pieces = (value: string): string[] => value.split(/[\r\n]+/).filter((piece) => piece.length >= SHORTEST);
