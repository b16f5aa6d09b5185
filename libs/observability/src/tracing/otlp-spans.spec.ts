import type { TracingConfig } from '@manifold/config';
import { OtlpSpans } from './otlp-spans.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const settings: TracingConfig = {
  endpoint: 'http://collector.example/v1/traces',
  headers: {},
  serviceName: 'manifold',
  resource: {},
  sampler: 'parentbased_always_on',
  ratio: 1,
};
const parent = (flags: string) => ({ traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}` });

/** The names of the spans that are exported. */
async function exported(changes: Partial<TracingConfig>, flags?: string): Promise<string[]> {
  const bodies: string[] = [];
  const spans = new OtlpSpans({ ...settings, ...changes }, async (body) => void bodies.push(body));
  const begun = { name: 'one', kind: 'server', attributes: {}, parent: flags ? parent(flags) : undefined } as const;
  spans.start(begun).end();
  await spans.close();
  return bodies.flatMap((body) => [...body.matchAll(/"name":"(one)"/g)].map(([, name]) => name!));
}

describe('OtlpSpans', () => {
  it.each<[TracingConfig['sampler'], number, string | undefined, string[]]>([
    ['always_on', 1, '00', ['one']],
    ['always_off', 1, '01', []],
    ['traceidratio', 1, '00', ['one']],
    ['traceidratio', 0, '01', []],
    ['parentbased_always_on', 1, undefined, ['one']],
    ['parentbased_always_on', 1, '00', []],
    ['parentbased_always_off', 1, undefined, []],
    ['parentbased_always_off', 1, '01', ['one']],
    ['parentbased_traceidratio', 0, undefined, []],
    ['parentbased_traceidratio', 0, '01', ['one']],
  ])('with %s (%d) and a parent with flags %s exports %j', async (sampler, ratio, flags, names) => {
    expect(await exported({ sampler, ratio }, flags)).toEqual(names);
  });

  it('tells upstreams of a trace that is not sampled that it is not', async () => {
    const spans = new OtlpSpans(settings, () => Promise.resolve());
    const { carrier } = spans.start({ name: 'one', kind: 'server', attributes: {}, parent: parent('00') });
    expect(carrier.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    await spans.close();
  });

  it('is not disturbed by an export that fails', async () => {
    const spans = new OtlpSpans(settings, () => Promise.reject(new Error('gone')));
    spans.start({ name: 'one', kind: 'server', attributes: {} }).end('timeout');
    await expect(spans.close()).resolves.toBeUndefined();
  });
});
