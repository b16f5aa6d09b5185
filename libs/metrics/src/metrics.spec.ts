import { parseExposition, valueOf } from '../../../test/support/exposition.js';
import { countsOfCache } from './caches.js';
import { Counter } from './counter.js';
import { Metrics } from './metrics.js';
import { processCounter, processLevels } from './process-metrics.js';
import { showQueue } from './queues.js';

const read = async (metrics: Metrics) => parseExposition(await metrics.text());

describe('Metrics', () => {
  it('writes calls and their durations as Prometheus reads them', async () => {
    const metrics = new Metrics();
    metrics.toolCall('mcp', 'mail', 'ok', 0.002);
    metrics.toolCall('mcp', 'mail', 'ok', 0.2);
    metrics.toolCall('mcp', 'mail', 'timeout', 400);
    const families = await read(metrics);
    expect(valueOf(families, 'manifold_tool_calls_total', { app: 'mail', outcome: 'ok' })).toBe(2);
    expect(valueOf(families, 'manifold_tool_calls_total', { outcome: 'timeout' })).toBe(1);
    const bucket = (le: string) => valueOf(families, 'manifold_tool_call_seconds_bucket', { app: 'mail', le });
    expect([bucket('0.001'), bucket('0.0025'), bucket('0.25'), bucket('300'), bucket('+Inf')]).toEqual([0, 1, 2, 2, 3]);
    expect(valueOf(families, 'manifold_tool_call_seconds_count', { app: 'mail' })).toBe(3);
    expect(valueOf(families, 'manifold_tool_call_seconds_sum')).toBeCloseTo(400.202);
  });

  it('puts a duration that is exactly a bound under it', async () => {
    const metrics = new Metrics();
    metrics.toolCall('mcp', 'mail', 'ok', 0.001);
    expect(valueOf(await read(metrics), 'manifold_tool_call_seconds_bucket', { le: '0.001' })).toBe(1);
  });

  it('shows what the process counts, also what was declared after it', async () => {
    const metrics = new Metrics();
    await metrics.text();
    processCounter('manifold_spec_late_total', 'Late', 'kind').of('a"b\\c\nd').add(3);
    processLevels('manifold_spec_level', 'Up and down', 'state').of('busy').add(-2);
    const { hits } = countsOfCache('spec');
    hits.add();
    showQueue('spec', () => 7);
    metrics.gauge('manifold_spec_read', 'Read', () => 1.5);
    const families = await read(metrics);
    expect(valueOf(families, 'manifold_spec_late_total', { kind: 'a\\"b\\\\c\\nd' })).toBe(3);
    expect(valueOf(families, 'manifold_spec_level', { state: 'busy' })).toBe(-2);
    expect(valueOf(families, 'manifold_cache_requests_total', { cache: 'spec', result: 'hit' })).toBe(1);
    expect(valueOf(families, 'manifold_queue_length', { queue: 'spec' })).toBe(7);
    expect(valueOf(families, 'manifold_spec_read', {})).toBe(1.5);
  });

  it('refuses a name that is taken', () => {
    processCounter('manifold_spec_taken_total', 'Once');
    expect(() => processCounter('manifold_spec_taken_total', 'Twice')).toThrow('manifold_spec_taken_total');
  });
});

describe('Counter', () => {
  it('counts what comes after 500 values of a label under "other", and goes on with those that it knows', async () => {
    const counter = new Counter('manifold_spec_total', 'Many', ['server', 'outcome']);
    for (let index = 0; index < 600; index += 1) counter.of(`server-${index}`, 'ok').add();
    counter.of('server-0', 'ok').add();
    counter.of('one-more', 'failed').add(5);
    const { values } = await counter.get();
    const value = (server: string, outcome: string) =>
      values.find(({ labels }) => labels.server === server && labels.outcome === outcome)?.value;
    expect(values).toHaveLength(502);
    expect([value('server-0', 'ok'), value('other', 'ok'), value('other', 'failed')]).toEqual([2, 100, 5]);
  });

  it('has one series where it has no labels', async () => {
    const counter = new Counter('manifold_spec_total', 'Plain', []);
    counter.of().add(2);
    expect((await counter.get()).values).toEqual([{ labels: {}, value: 2 }]);
  });
});
