import type { Exposition, Metric, MetricName } from './metric.js';

/** Reads the current values by the values of one label. */
export type Reading = () => Iterable<readonly [labelValue: string, value: number]>;

/** A gauge whose values are read for each scrape, so keeping it up to date costs nothing. */
export class ReadGauge implements Metric {
  /** @param label not given: there is one value; its label value is ignored */
  constructor(
    readonly name: MetricName,
    private readonly help: string,
    private readonly label: string | undefined,
    private readonly read: Reading,
  ) {}

  get(): Promise<Exposition> {
    const { name, help, label } = this;
    const values = [...this.read()].map(([key, value]) => ({
      labels: label === undefined ? {} : { [label]: key },
      value,
    }));
    return Promise.resolve({ name, help, type: 'gauge', values });
  }
}
