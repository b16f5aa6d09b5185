export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|[Nn]a[Nn]|[+-]?Inf)$`); // as in Go: any case
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Parses the text format of Prometheus (version 0.0.4) more strictly than Prometheus does. Help and type come before the samples, each
 * family and each series occurs once, and buckets never fall.
 * @throws Error that names the line
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, { name: string; type: string; samples: Sample[] }>();
  const series = new Set<string>();
  let help = '';
  let family: { name: string; type: string; samples: Sample[] } | undefined;
  if (!text.endsWith('\n')) throw new Error('The last line does not end');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const helped = HELP.exec(line);
    const typed = TYPE.exec(line);
    if (helped) help = helped[1]!;
    else if (typed) {
      const [, name, type] = typed as unknown as [string, string, string];
      if (families.has(name) || help !== name) throw new Error(`Twice, or without its help: ${line}`);
      family = { name, type, samples: [] };
      families.set(name, family);
    } else {
      const sample = parseSample(line);
      const names = (SUFFIXES[family?.type ?? ''] ?? ['']).map((suffix) => `${family?.name}${suffix}`);
      if (!family || !names.includes(sample.name)) throw new Error(`Not of its family: ${line}`);
      const key = line.slice(0, line.lastIndexOf(' '));
      if (series.has(key)) throw new Error(`Twice: ${line}`);
      series.add(key);
      family.samples.push(sample);
    }
  }
  for (const one of families.values()) checkFamily(one);
  return families;
}

function parseSample(line: string): Sample {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`Not a sample: ${line}`);
  return { name, labels: parseLabels(labels, line), value: Number(value!.replace('Inf', 'Infinity')) };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== '';) {
    const found = LABEL.exec(rest);
    if (!found || found[1]! in labels) throw new Error(`Labels that are none: ${line}`);
    labels[found[1]!] = found[2]!;
    rest = rest.slice(found[0].length);
  }
  return labels;
}

function checkFamily({ name, type, samples }: Family): void {
  if (type === 'counter' && samples.some(({ value }) => value < 0)) throw new Error(`${name} falls below 0`);
  if (type !== 'histogram') return;
  let last: Sample | undefined;
  for (const sample of samples.filter((each) => each.name.endsWith('_bucket'))) {
    const isFirst = last === undefined || last.labels.le === '+Inf';
    if (!isFirst && sample.value < last!.value) throw new Error(`The buckets of ${name} fall`);
    last = sample;
  }
  if (last && last.labels.le !== '+Inf') throw new Error(`The buckets of ${name} have no end`);
}

/** Returns the sum of the samples that have these labels. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const family = [...families.values()].find(({ samples }) => samples.some((sample) => sample.name === name));
  const fitting = (family?.samples ?? []).filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return fitting.reduce((sum, { value }) => sum + value, 0);
}
