/** The sustained delay of the event loop. One long task, or one pause of the process by the machine, is not an overload. */
export class SustainedDelay {
  private last = 0;
  /** The lesser of the last two averages, in milliseconds. */
  ms = 0;

  /** Adds the average delay since the previous call. */
  add(averageMs: number): void {
    this.ms = Math.min(averageMs, this.last);
    this.last = averageMs;
  }
}
