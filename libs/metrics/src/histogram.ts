import type { Exposition, Metric, MetricName, Sample } from './metric.js';
import { SeriesByLabels } from './series.js';

/** Upper bounds of the buckets in seconds: the range of tool call durations. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Counts durations by buckets. */
export class Durations {
  /** Durations by bucket. The last bucket is for durations above the highest bound. */
  readonly counts = new Array<number>(BUCKETS.length + 1).fill(0);
  sum = 0;

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket += 1;
    this.counts[bucket]! += 1;
    this.sum += seconds;
  }
}

/** A histogram of durations with labels. */
export class Histogram implements Metric {
  private readonly series: SeriesByLabels<Durations>;

  constructor(
    readonly name: `${MetricName}_seconds`,
    private readonly help: string,
    labels: readonly string[],
  ) {
    this.series = new SeriesByLabels(labels, () => new Durations());
  }

  of(...values: readonly string[]): Durations {
    return this.series.of(...values);
  }

  get(): Promise<Exposition> {
    const values = [...this.series.entries()].flatMap(([labels, durations]) => this.samples(labels, durations));
    return Promise.resolve({ name: this.name, help: this.help, type: 'histogram', values });
  }

  private samples(labels: Readonly<Record<string, string>>, { counts, sum }: Durations): Sample[] {
    let total = 0;
    const buckets = counts.map((count, index) => {
      total += count;
      const le = index < BUCKETS.length ? String(BUCKETS[index]) : '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: total },
    ];
  }
}
