/** The delay of the event loop that lasts. One long turn, or a process that the machine held up once, is no overload. */
export class SustainedDelay {
  private last = 0;
  /** The lesser of the last two averages, in milliseconds. */
  ms = 0;

  /** Takes the average of the time since the one before. */
  add(averageMs: number): void {
    this.ms = Math.min(averageMs, this.last);
    this.last = averageMs;
  }
}
