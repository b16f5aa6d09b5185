import type { Exposition, Metric, MetricName } from './metric.js';

/** What there is of something, by the values of one label. */
export type Reading = () => Iterable<readonly [labelValue: string, value: number]>;

/** A gauge whose values are read when somebody asks for them: keeping them costs nothing. */
export class ReadGauge implements Metric {
  /** @param label not given: there is one value, under any label value */
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
