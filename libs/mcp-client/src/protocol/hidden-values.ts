/** Minimum length of hidden values. Shorter values are no secrets, and hiding them would remove half of the text. */
const SHORTEST = 4;

/**
 * Minimum time, in milliseconds, for which a value stays hidden after its last use, because a server may write its log
 * after its answer.
 */
const LINGER_MS = 5000;

/** Removes secret values that are in use from text. */
export class HiddenValues {
  private readonly uses = new Map<string, number>();
  private released = new Set<string>();
  private releasedBefore = new Set<string>();
  private turnedAt = 0;

  hide(values: readonly string[]): void {
    for (const piece of values.flatMap(pieces)) this.uses.set(piece, (this.uses.get(piece) ?? 0) + 1);
  }

  /** Reverts one `hide` of the same values. */
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
    // The longest value is replaced first, because one secret may be the beginning of another.
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

/** Splits a secret of several lines (a PEM key) into lines, because logs are written line by line. */
const pieces = (value: string): string[] =>
  (value.includes('\n') || value.includes('\r') ? value.split(/[\r\n]+/) : [value]).filter(
    (piece) => piece.length >= SHORTEST,
  );
