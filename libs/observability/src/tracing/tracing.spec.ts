import type { LiveSpan, SpanSource, SpanStart } from './span-source.js';
import { carrierOf } from './trace-context.js';
import { Tracing } from './tracing.js';

const INNER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const OUTER = '00-11111111111111111111111111111111-2222222222222222-00';

/** Numbers its spans, and remembers what they began with and how they ended. */
class RecordedSpans implements SpanSource {
  readonly started: SpanStart[] = [];
  readonly ended: unknown[][] = [];

  start(span: SpanStart): LiveSpan {
    this.started.push(span);
    const traceparent = `00-${'3'.repeat(32)}-${String(this.started.length).padStart(16, '0')}-01`;
    return { carrier: { traceparent }, end: (...how) => void this.ended.push([span.name, ...how]) };
  }
}

describe('carrierOf', () => {
  it.each([
    ['00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'capital letters'],
    ['00-00000000000000000000000000000000-b7ad6b7169203331-01', 'a trace of zeros'],
    ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', 'a parent of zeros'],
    ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'the forbidden version'],
    [`${INNER}\r\nx-evil: 1`, 'a line break'],
    [`${INNER}-more`, 'more than its version has'],
    [[INNER, INNER], 'two of them'],
    [{ $gt: '' }, 'an object'],
  ])('takes nothing of %j: %s', (traceparent, _why) => {
    expect(carrierOf({ traceparent })).toBeUndefined();
  });

  it('leaves a state out that could not stand in a header', () => {
    expect(carrierOf({ traceparent: INNER, tracestate: 'a=1\r\nb' })).toEqual({ traceparent: INNER });
    expect(carrierOf({ traceparent: INNER, tracestate: 'a=1,b=2' })).toEqual({
      traceparent: INNER,
      tracestate: 'a=1,b=2',
    });
  });
});

describe('Tracing', () => {
  const never = () => {
    throw new Error('attributes are not needed');
  };

  it('has nothing to do for a request without a trace while it is off', () => {
    expect(new Tracing().begin('tools/call', never, { meta: {} })).toBeUndefined();
  });

  it('passes the context on as it came while it is off, that of _meta before that of the headers', () => {
    const tracing = new Tracing();
    const headers = { traceparent: OUTER };
    const passed = (meta: object) =>
      tracing.begin('x', never, { headers, meta: { ...meta } })!.upstream('y', {}).carrier;
    expect(passed({ traceparent: INNER, tracestate: 'a=1' })).toEqual({ traceparent: INNER, tracestate: 'a=1' });
    expect(passed({})).toEqual({ traceparent: OUTER });
    expect(passed({ traceparent: 'nonsense' })).toEqual({ traceparent: OUTER });
  });

  it('makes one span for a request and one for each request to an upstream', () => {
    const [tracing, spans] = [new Tracing(), new RecordedSpans()];
    tracing.use(spans);
    const meta = { traceparent: INNER };
    const request = tracing.begin('tools/call a', () => ({ x: 1 }), { headers: { traceparent: OUTER }, meta })!;
    request.upstream('tools/call b', { y: 2 }).end('timeout');
    request.end('tool_error', { z: 3 });
    expect(spans.started).toEqual([
      {
        name: 'tools/call a',
        kind: 'server',
        parent: { traceparent: INNER },
        link: { traceparent: OUTER },
        attributes: { x: 1 },
      },
      { name: 'tools/call b', kind: 'client', parent: request.carrier, attributes: { y: 2 } },
    ]);
    expect(spans.ended).toEqual([
      ['tools/call b', 'timeout'],
      ['tools/call a', 'tool_error', { z: 3 }],
    ]);
  });

  it('begins a trace for a request that has none', () => {
    const [tracing, spans] = [new Tracing(), new RecordedSpans()];
    tracing.use(spans);
    expect(tracing.begin('x', () => ({}), {})).toBeDefined();
    expect(spans.started[0]!.parent).toBeUndefined();
  });
});
