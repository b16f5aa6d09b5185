import type { Exposition, Metric, MetricName } from './metric.js';
import { SeriesByLabels } from './series.js';

/** One series of a counter. `add` increments a plain number. Labels are resolved once, when the series is obtained. */
export class Count {
  value = 0;

  add(more = 1): void {
    this.value += more;
  }
}

/** A counter with labels, or a level that is counted up and down. */
export class Counter implements Metric {
  private readonly series: SeriesByLabels<Count>;

  constructor(
    readonly name: MetricName,
    private readonly help: string,
    labels: readonly string[],
    private readonly type: 'counter' | 'gauge' = 'counter',
  ) {
    this.series = new SeriesByLabels(labels, () => new Count());
  }

  /** Returns the series of these label values. It is exported from now on, even while it is 0. */
  of(...values: readonly string[]): Count {
    return this.series.of(...values);
  }

  get(): Promise<Exposition> {
    const values = [...this.series.entries()].map(([labels, { value }]) => ({ labels, value }));
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, values });
  }
}
