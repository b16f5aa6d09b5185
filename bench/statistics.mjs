export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Durations of calls, in milliseconds, without a garbage-collected object for each. */
export class Latencies {
  #values = new Float64Array(1 << 16);
  #count = 0;

  get count() {
    return this.#count;
  }

  add(ms) {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = ms;
  }

  /** @param seconds how long the measurement took */
  summary(seconds) {
    const sorted = this.#values.subarray(0, this.#count).sort();
    const at = (share) => sorted[Math.min(this.#count - 1, Math.floor(this.#count * share))];
    return { calls: this.#count, callsPerSecond: this.#count / seconds, p50: at(0.5), p99: at(0.99) };
  }
}
